using System.Diagnostics;
using System.Net.Sockets;

namespace Concord.House;

/// <summary>The cores decide, runtimes do: no task, thread, socket, file or clock below the line.</summary>
public sealed class CoreTests
{
    public static TheoryData<string> Names => Rooms.CoreNames;

    [Theory]
    [MemberData(nameof(Names))]
    public void A_core_uses_no_task_thread_socket_file_or_clock(string name)
    {
        using AssemblyImage core = new(Rooms.AssemblyPath(name));

        IReadOnlyList<string> broken = CoreRules.Broken(core);

        Assert.True(broken.Count == 0, $"{name} uses {string.Join(", ", broken)}. A core gets these as events.");
    }

    /// <summary>This assembly does it all, see <see cref="Offender"/>: a detector that sees nothing here sees
    /// nothing.</summary>
    [Theory]
    [InlineData("System.Threading.Tasks.Task")]
    [InlineData("System.Threading.Thread")]
    [InlineData("System.Threading.Monitor")]
    [InlineData("System.Net.Sockets.Socket")]
    [InlineData("System.IO.File")]
    [InlineData("System.Diagnostics.Stopwatch")]
    [InlineData("System.TimeProvider")]
    [InlineData("System.Random")]
    [InlineData("System.DateTime.get_UtcNow")]
    [InlineData("System.Guid.NewGuid")]
    [InlineData("System.String.GetHashCode")]
    public void The_detector_sees_what_a_core_may_not_use(string forbidden)
    {
        using AssemblyImage tests = new(typeof(CoreTests).Assembly.Location);

        Assert.Contains(forbidden, CoreRules.Broken(tests));
    }

    /// <summary>Compiled, never run.</summary>
    private static class Offender
    {
        public static async Task<long> Offend(Socket socket, string path)
        {
            Thread thread = new(() => Monitor.Enter(path));
            thread.Start();
            await Task.Yield();
            DateTime now = DateTime.UtcNow;
            return File.ReadAllBytes(path).Length
                + Stopwatch.GetTimestamp()
                + TimeProvider.System.GetTimestamp()
                + new Random(1).Next()
                + Guid.NewGuid().GetHashCode()
                + path.GetHashCode(StringComparison.Ordinal)
                + now.Ticks
                + socket.Available;
        }
    }
}

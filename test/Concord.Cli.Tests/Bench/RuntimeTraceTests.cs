using System.Diagnostics;
using Concord.Cli.Bench.Pauses;
using Concord.Cli.Processes;

namespace Concord.Cli.Tests.Bench;

public sealed class RuntimeTraceTests : IDisposable
{
    private readonly string _path = Path.Combine(Path.GetTempPath(), $"concord-{Guid.NewGuid():N}.nettrace");

    public void Dispose() => File.Delete(_path);

    /// <summary>A real process, with so little room for what is new that it must collect.</summary>
    [Fact]
    public async Task It_tells_when_the_runtime_of_a_process_held_its_threads()
    {
        long before = TimeProvider.System.GetTimestamp();
        ProcessStartInfo start = ThisExecutable.Start(
            ["simulate", "--target", "core", "--profile", "default", "--seeds", "1"], RuntimeTrace.LaunchWith(_path));
        start.Environment["DOTNET_GCgen0size"] = "0x80000";
        using Process process = Process.Start(start)!;
        Task<string> output = process.StandardOutput.ReadToEndAsync();
        Task<string> error = process.StandardError.ReadToEndAsync();
        await process.WaitForExitAsync().WaitAsync(TimeSpan.FromMinutes(2));
        Assert.True(process.ExitCode == 0, $"{await output} {await error}");
        long after = TimeProvider.System.GetTimestamp();

        IReadOnlyList<HeldThreads> held = RuntimeTrace.Read(_path);

        Assert.NotEmpty(held);
        Assert.All(held, each => Assert.True(before < each.From && each.From < each.To && each.To < after));
    }

    [Theory]
    [InlineData("")]
    [InlineData("something else")]
    [InlineData("Nettrace")]
    public void What_is_no_trace_is_refused_with_a_sentence(string content)
    {
        File.WriteAllText(_path, content);

        CliException error = Assert.Throws<CliException>(() => RuntimeTrace.Read(_path));

        Assert.Contains(_path, error.Message, StringComparison.Ordinal);
    }
}

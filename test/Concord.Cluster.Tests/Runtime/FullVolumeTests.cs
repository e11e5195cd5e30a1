using System.Diagnostics;
using Concord.Engines;
using Microsoft.Extensions.DependencyInjection;

namespace Concord.Cluster.Tests.Runtime;

/// <summary>A node on a real small volume that fills up and gets room again. Needs the right to mount one.</summary>
public abstract class FullVolumeTests(string protocol)
{
    private const int ValueBytes = 200_000;

    private static readonly TimeSpan s_patience = TimeSpan.FromSeconds(60);

    [Fact]
    public async Task A_node_on_a_full_volume_refuses_writes_and_takes_them_again_when_it_grows()
    {
        using var folder = new TemporaryFolder();
        string mount = folder.In("volume");
        Directory.CreateDirectory(mount);
        Assert.SkipUnless(
            OperatingSystem.IsLinux() && Run("mount", "-t", "tmpfs", "-o", "size=44m", "tmpfs", mount),
            "This process may not mount a volume.");
        try
        {
            await using IConcordHost host = await ConcordHost.StartAsync(
                builder => builder.AgreeBy(protocol).UseSingleNode(Path.Combine(mount, "data")));
            IConcordValue<string> value = host.Concord.GetValue<string>("v");

            (int written, EngineReadOnlyException refused) = await WriteUntilRefusedAsync(value);

            Assert.Equal("CNC1005", refused.ErrorCode);
            Assert.Equal(OperationOutcome.Refused, refused.Outcome);
            Assert.Contains("reads go on", refused.Message, StringComparison.Ordinal);
            Assert.Equal(Text(written), (await value.GetAsync()).Value);

            Assert.True(Run("mount", "-o", "remount,size=300m", mount));
            await WriteUntilTakenAsync(value, "after");
            Assert.Equal("after", (await value.GetAsync()).Value);
        }
        finally
        {
            Assert.True(Run("umount", mount));
        }
    }

    private static async Task<(int Written, EngineReadOnlyException Refused)> WriteUntilRefusedAsync(
        IConcordValue<string> value)
    {
        for (int i = 1; i < 1000; i++)
        {
            try
            {
                await value.SetAsync(Text(i));
            }
            catch (EngineReadOnlyException refused)
            {
                return (i - 1, refused);
            }
        }

        throw new InvalidOperationException("The volume never became full.");
    }

    private static async Task WriteUntilTakenAsync(IConcordValue<string> value, string text)
    {
        long began = TimeProvider.System.GetTimestamp();
        while (true)
        {
            try
            {
                await value.SetAsync(text);
                return;
            }
            catch (EngineReadOnlyException) when (TimeProvider.System.GetElapsedTime(began) < s_patience)
            {
                // The node looks once a second whether there is room.
            }
        }
    }

    private static string Text(int number) => new((char)('a' + (number % 26)), ValueBytes);

    private static bool Run(string command, params string[] arguments)
    {
        var start = new ProcessStartInfo(command) { RedirectStandardError = true };
        foreach (string argument in arguments)
        {
            start.ArgumentList.Add(argument);
        }

        using Process process = Process.Start(start)!;
        process.WaitForExit();
        return process.ExitCode == 0;
    }
}

public sealed class FullVolumeTestsOnRaft() : FullVolumeTests("raft");

public sealed class FullVolumeTestsOnPaxos() : FullVolumeTests("paxos");

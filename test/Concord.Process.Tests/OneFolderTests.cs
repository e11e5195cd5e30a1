using System.Security.Cryptography;
using Concord.Cli.Processes;

namespace Concord.Process.Tests;

/// <summary>Two processes of an application that has said nothing but <c>AddConcord()</c>.</summary>
public sealed class OneFolderTests : IDisposable
{
    private readonly DirectoryInfo _root = Directory.CreateTempSubdirectory("concord-application-");

    private string DataFolder => Path.Combine(_root.FullName, ".concord");

    public void Dispose() => _root.Delete(recursive: true);

    [Fact]
    public async Task A_second_process_on_a_folder_is_refused_and_touches_nothing_and_the_first_goes_on()
    {
        Assert.SkipUnless(ProcessSignals.ArePossible, "Processes are paused with SIGSTOP, which takes Linux.");
        await using var first = ApplicationProcess.Start(_root.FullName, "Development");
        await first.ReadyAsync();
        Assert.Contains(DataFolder, first.Said, StringComparison.Ordinal);
        Assert.Equal("a: 1 lines, 1 in the queue", await first.WriteAsync("a"));

        // While the first stands still, whatever changes is the second one's doing.
        ProcessSignals.Pause(first.Id);
        string[] before = Contents();
        await using var second = ApplicationProcess.Start(_root.FullName, "Development");
        (int code, string errors) = await second.EndAsync();
        string[] after = Contents();
        ProcessSignals.Resume(first.Id);

        Assert.NotEqual(0, code);
        Assert.DoesNotContain("ready", second.Said.Split('\n'));
        Assert.Contains(nameof(EngineStoppedException), errors, StringComparison.Ordinal);
        Assert.Contains(DataFolder, errors, StringComparison.Ordinal);
        Assert.Contains("in use by another node", errors, StringComparison.Ordinal);
        Assert.Equal(before, after);
        Assert.Equal("b: 2 lines, 2 in the queue", await first.WriteAsync("b"));
        Assert.Equal((0, ""), await first.EndAsync());
    }

    [Fact]
    public async Task After_kill_9_another_process_starts_on_the_folder_and_finds_what_was_acknowledged()
    {
        await using (var killed = ApplicationProcess.Start(_root.FullName, "Development"))
        {
            await killed.ReadyAsync();
            for (int i = 1; i <= 20; i++)
            {
                Assert.Equal($"{i}: {i} lines, {i} in the queue", await killed.WriteAsync($"{i}"));
            }

            await killed.KillAsync();
        }

        await using var next = ApplicationProcess.Start(_root.FullName, "Development");
        await next.ReadyAsync();
        Assert.Equal("21: 21 lines, 21 in the queue", await next.WriteAsync("21"));
        Assert.Equal((0, ""), await next.EndAsync());
    }

    [Theory]
    [InlineData("Production")]
    [InlineData("Staging")]
    public async Task Outside_Development_it_does_not_start_and_writes_nothing(string environment)
    {
        await using var application = ApplicationProcess.Start(_root.FullName, environment);

        (int code, string errors) = await application.EndAsync();

        Assert.NotEqual(0, code);
        Assert.Contains("No engine was chosen", errors, StringComparison.Ordinal);
        Assert.Contains("UseSingleNode", errors, StringComparison.Ordinal);
        Assert.Empty(_root.EnumerateFileSystemInfos());
    }

    /// <summary>Every file below the content root: its name, length and time, and what is in it, unless nobody else may
    /// open it.</summary>
    private string[] Contents() =>
    [
        .. _root.EnumerateFiles("*", SearchOption.AllDirectories)
            .OrderBy(static file => file.FullName, StringComparer.Ordinal)
            .Select(static file => $"{file.FullName} {file.Length} {file.LastWriteTimeUtc:O} {HashOf(file)}"),
    ];

    private static string HashOf(FileInfo file)
    {
        if (file.Name == "LOCK")
        {
            return "";
        }

        using FileStream stream = file.Open(FileMode.Open, FileAccess.Read, FileShare.ReadWrite | FileShare.Delete);
        return Convert.ToHexString(SHA256.HashData(stream));
    }
}

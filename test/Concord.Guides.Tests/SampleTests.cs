using System.Diagnostics;

namespace Guides;

/// <summary>The samples come out as they should: each by its one command, which says so by its exit code.</summary>
public sealed class SampleTests
{
    private static readonly TimeSpan s_patience = TimeSpan.FromMinutes(3);

    [Theory]
    [InlineData("paused-holder", "database: 0 rows changed")]
    [InlineData("leader-worker", "is killed.")]
    [InlineData("work-queue", "50 shipped; 0 left.")]
    public async Task A_sample_comes_out_as_it_should(string sample, string says)
    {
        (int exitCode, string output) = await RunAsync(sample);

        Assert.True(exitCode == 0, output);
        Assert.Contains(says, output, StringComparison.Ordinal);
    }

    /// <summary>Beside the tests, as it was built with them.</summary>
    private static string PathOf(string sample)
    {
        var own = new DirectoryInfo(AppContext.BaseDirectory);
        return Path.Combine(own.Parent!.Parent!.FullName, sample, own.Name, sample + ".dll");
    }

    private static async Task<(int ExitCode, string Output)> RunAsync(string sample)
    {
        using var deadline = CancellationTokenSource.CreateLinkedTokenSource(TestContext.Current.CancellationToken);
        deadline.CancelAfter(s_patience);
        using Process process = Process.Start(
            new ProcessStartInfo("dotnet", [PathOf(sample)]) { RedirectStandardOutput = true })!;
        try
        {
            string output = await process.StandardOutput.ReadToEndAsync(deadline.Token);
            await process.WaitForExitAsync(deadline.Token);
            return (process.ExitCode, output);
        }
        finally
        {
            if (!process.HasExited)
            {
                process.Kill(entireProcessTree: true);
            }
        }
    }
}

using System.Diagnostics;
using System.Text;

namespace Concord.Mutants;

/// <summary>How a process ended.</summary>
/// <param name="Code">Its exit code; meaningless after the deadline.</param>
/// <param name="Output">Both streams, the last of it if it was much.</param>
/// <param name="Seconds">How long it took.</param>
/// <param name="IsOverdue">It was ended at its deadline.</param>
internal sealed record Ending(int Code, string Output, double Seconds, bool IsOverdue);

/// <summary>Runs <c>dotnet</c> with a deadline; nothing that it started stays behind.</summary>
internal static class ChildProcess
{
    private const int OutputCharactersMax = 200_000;

    public static async Task<Ending> DotnetAsync(
        string folder, IEnumerable<string> arguments, TimeSpan deadline, CancellationToken stop)
    {
        var start = new ProcessStartInfo(Environment.ProcessPath is { } path && IsDotnet(path) ? path : "dotnet")
        {
            WorkingDirectory = folder,
            RedirectStandardOutput = true,
            RedirectStandardError = true,
            RedirectStandardInput = true,
        };
        foreach (string argument in arguments)
        {
            start.ArgumentList.Add(argument);
        }

        start.Environment["DOTNET_CLI_TELEMETRY_OPTOUT"] = "1";
        start.Environment["DOTNET_NOLOGO"] = "1";
        start.Environment["MSBUILDDISABLENODEREUSE"] = "1";
        start.Environment["MSBUILDTERMINALLOGGER"] = "off";
        return await RunAsync(start, deadline, stop);
    }

    private static bool IsDotnet(string path) => Path.GetFileNameWithoutExtension(path) == "dotnet";

    private static async Task<Ending> RunAsync(ProcessStartInfo start, TimeSpan deadline, CancellationToken stop)
    {
        long began = Stopwatch.GetTimestamp();
        using var limit = CancellationTokenSource.CreateLinkedTokenSource(stop);
        limit.CancelAfter(deadline);
        using var process = new Process { StartInfo = start };
        var output = new StringBuilder();
        process.OutputDataReceived += (_, line) => Append(output, line.Data);
        process.ErrorDataReceived += (_, line) => Append(output, line.Data);
        process.Start();
        process.StandardInput.Close();
        process.BeginOutputReadLine();
        process.BeginErrorReadLine();
        bool overdue = false;
        try
        {
            await process.WaitForExitAsync(limit.Token);
        }
        catch (OperationCanceledException)
        {
            process.Kill(entireProcessTree: true);
            await process.WaitForExitAsync(CancellationToken.None);
            stop.ThrowIfCancellationRequested();
            overdue = true;
        }

        double seconds = Stopwatch.GetElapsedTime(began).TotalSeconds;
        lock (output)
        {
            return new(overdue ? -1 : process.ExitCode, output.ToString(), seconds, overdue);
        }
    }

    private static void Append(StringBuilder output, string? line)
    {
        lock (output)
        {
            output.Append(line).Append('\n');
            if (output.Length > OutputCharactersMax)
            {
                output.Remove(0, output.Length / 2);
            }
        }
    }
}

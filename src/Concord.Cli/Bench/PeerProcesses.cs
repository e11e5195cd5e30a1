using System.ComponentModel;
using System.Diagnostics;

namespace Concord.Cli.Bench;

/// <summary>The processes of servers that Concord is compared with.</summary>
internal static class PeerProcesses
{
    private static readonly TimeSpan s_stopLimit = TimeSpan.FromSeconds(10);

    /// <summary>What they have used since they began, as the system counts it.</summary>
    public static double CpuSeconds(IEnumerable<int> processes)
    {
        double seconds = 0;
        foreach (int id in processes)
        {
            using Process process = Process.GetProcessById(id);
            seconds += process.TotalProcessorTime.TotalSeconds;
        }

        return seconds;
    }

    /// <summary>Runs a program to its end.</summary>
    /// <returns>What it said; null if there is no such program.</returns>
    public static async Task<string?> OutputOfAsync(ProcessStartInfo start, CancellationToken cancellationToken)
    {
        try
        {
            using Process process = Process.Start(start)!;
            Task<string> errors = process.StandardError.ReadToEndAsync(cancellationToken);
            string output = await process.StandardOutput.ReadToEndAsync(cancellationToken);
            await process.WaitForExitAsync(cancellationToken);
            return output + await errors;
        }
        catch (Win32Exception)
        {
            return null;
        }
    }

    public static ProcessStartInfo StartInfo(string program, params IEnumerable<string> arguments) =>
        new(program, arguments)
        {
            RedirectStandardInput = true,
            RedirectStandardOutput = true,
            RedirectStandardError = true,
            UseShellExecute = false,
        };

    public static async Task StopAsync(IEnumerable<Process> processes, TimeProvider time)
    {
        foreach (Process process in processes)
        {
            if (!process.HasExited)
            {
                process.Kill();
            }

            await process.WaitForExitAsync().WaitAsync(s_stopLimit, time);
            process.Dispose();
        }
    }
}

using System.Diagnostics;

namespace Concord.Cli.Recording;

/// <summary>Runs small programs of the system: <c>ip</c>, <c>mount</c>.</summary>
internal static class SystemProgram
{
    /// <exception cref="CliException">It is not there, or it failed.</exception>
    public static string Run(string program, params IEnumerable<string> arguments)
    {
        (int code, string output, string error) = TryRun(program, arguments);
        return code == 0
            ? output
            : throw new CliException($"{program} {string.Join(' ', arguments)} failed: {error.Trim()}");
    }

    /// <summary>Runs it where failing is no news.</summary>
    public static (int Code, string Output, string Error) TryRun(string program, params IEnumerable<string> arguments)
    {
        ProcessStartInfo start = new(program, arguments)
        {
            RedirectStandardOutput = true,
            RedirectStandardError = true,
        };
        try
        {
            using Process process = Process.Start(start)!;
            Task<string> error = process.StandardError.ReadToEndAsync();
            string output = process.StandardOutput.ReadToEnd();
            process.WaitForExit();
            return (process.ExitCode, output, error.Result);
        }
        catch (System.ComponentModel.Win32Exception missing)
        {
            return (-1, "", missing.Message);
        }
    }
}

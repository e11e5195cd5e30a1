using System.ComponentModel;
using System.Diagnostics;

namespace Concord.House;

/// <summary>Runs a program and waits for it, with a deadline.</summary>
internal static class Command
{
    private static readonly TimeSpan s_deadline = TimeSpan.FromMinutes(4);

    /// <summary>The host that runs these tests; whatever else <c>dotnet</c> may mean on the PATH.</summary>
    private static string DotNetHost =>
        Path.GetFileNameWithoutExtension(Environment.ProcessPath) == "dotnet" ? Environment.ProcessPath! : "dotnet";

    public static Task<string> DotNetAsync(string folder, params string[] arguments) =>
        RunAsync(DotNetHost, folder, arguments);

    public static Task<string> GitAsync(string folder, params string[] arguments) => RunAsync("git", folder, arguments);

    /// <summary>What <c>git</c> says in the repository; null where there is no git, no clone or no answer.</summary>
    public static async Task<string?> TryGitAsync(params string[] arguments)
    {
        try
        {
            return (await GitAsync(Repository.Root, arguments)).Trim() is { Length: > 0 } answer ? answer : null;
        }
        catch (Exception failure) when (failure is Win32Exception or InvalidOperationException)
        {
            return null;
        }
    }

    /// <summary>What it printed to its standard output.</summary>
    /// <exception cref="InvalidOperationException">It failed or did not end in time; the message has all it
    /// printed.</exception>
    private static async Task<string> RunAsync(string program, string folder, string[] arguments)
    {
        ProcessStartInfo start = new(program, arguments)
        {
            WorkingDirectory = folder,
            RedirectStandardOutput = true,
            RedirectStandardError = true,
            StandardOutputEncoding = System.Text.Encoding.UTF8,
        };
        start.Environment["DOTNET_CLI_TELEMETRY_OPTOUT"] = "1";
        start.Environment["DOTNET_NOLOGO"] = "1";
        start.Environment["MSBUILDDISABLENODEREUSE"] = "1";
        start.Environment["MSBUILDTERMINALLOGGER"] = "off";
        using Process process = Process.Start(start)
            ?? throw new InvalidOperationException($"{program} did not start.");
        using CancellationTokenSource limit =
            CancellationTokenSource.CreateLinkedTokenSource(TestContext.Current.CancellationToken);
        limit.CancelAfter(s_deadline);
        Task<string> output = process.StandardOutput.ReadToEndAsync(limit.Token);
        Task<string> error = process.StandardError.ReadToEndAsync(limit.Token);
        string line = $"{Path.GetFileNameWithoutExtension(program)} {string.Join(' ', arguments)} in {folder}";
        try
        {
            await process.WaitForExitAsync(limit.Token);
            string said = await output + await error;
            return process.ExitCode == 0
                ? await output
                : throw new InvalidOperationException($"{line} ended with exit code {process.ExitCode}:\n{said}");
        }
        catch (OperationCanceledException)
        {
            process.Kill(entireProcessTree: true);
            throw new InvalidOperationException($"{line} did not end within {s_deadline}.");
        }
    }
}

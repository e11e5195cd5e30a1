using System.Diagnostics;
using System.Text;

namespace Concord.Process.Tests;

/// <summary>An application with <c>AddConcord()</c> and nothing else, in a process of its own.</summary>
internal sealed class ApplicationProcess : IAsyncDisposable
{
    private readonly System.Diagnostics.Process _process;
    private readonly StringBuilder _said = new();
    private readonly Task<string> _errors;

    private ApplicationProcess(System.Diagnostics.Process process)
    {
        _process = process;
        _errors = process.StandardError.ReadToEndAsync();
    }

    public int Id => _process.Id;

    /// <summary>What it has logged and printed so far.</summary>
    public string Said => _said.ToString();

    /// <param name="contentRoot">Its content root.</param>
    /// <param name="environment">The environment of its host.</param>
    public static ApplicationProcess Start(string contentRoot, string environment)
    {
        string program = Path.Combine(AppContext.BaseDirectory, "Concord.Process.Application.dll");
        return new(System.Diagnostics.Process.Start(new ProcessStartInfo("dotnet", [program, contentRoot, environment])
        {
            RedirectStandardInput = true,
            RedirectStandardOutput = true,
            RedirectStandardError = true,
        })!);
    }

    /// <summary>Waits until it has started.</summary>
    public Task ReadyAsync() => ExpectAsync(static line => line == "ready", "ready");

    /// <summary>Has it write, and waits for its answer.</summary>
    public async Task<string> WriteAsync(string line)
    {
        await _process.StandardInput.WriteLineAsync(line);
        return await ExpectAsync(said => said.StartsWith($"{line}: ", StringComparison.Ordinal), line);
    }

    /// <summary>SIGKILL. Completes when it is gone.</summary>
    public async Task KillAsync()
    {
        _process.Kill();
        await _process.WaitForExitAsync().WaitAsync(LiveCluster.Limit);
    }

    /// <summary>Waits until it ends by itself.</summary>
    /// <returns>Its exit code, and what it printed for errors.</returns>
    public async Task<(int Code, string Errors)> EndAsync()
    {
        _process.StandardInput.Close();
        string rest = await _process.StandardOutput.ReadToEndAsync().WaitAsync(LiveCluster.Limit);
        _said.Append(rest);
        await _process.WaitForExitAsync().WaitAsync(LiveCluster.Limit);
        return (_process.ExitCode, await _errors);
    }

    public async ValueTask DisposeAsync()
    {
        if (!_process.HasExited)
        {
            await KillAsync();
        }

        _process.Dispose();
    }

    private async Task<string> ExpectAsync(Func<string, bool> isIt, string what)
    {
        while (await _process.StandardOutput.ReadLineAsync().WaitAsync(LiveCluster.Limit) is { } line)
        {
            _said.AppendLine(line);
            if (isIt(line))
            {
                return line;
            }
        }

        throw new InvalidOperationException($"It ended instead of saying \"{what}\": {Said}{await _errors}");
    }
}

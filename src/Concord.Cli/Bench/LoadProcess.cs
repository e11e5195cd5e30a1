using System.Diagnostics;
using System.Globalization;
using System.Text.Json;
using Concord.Cli.Bench.Pauses;
using Concord.Cli.Processes;

namespace Concord.Cli.Bench;

/// <summary>The process that makes the load: a line asks it for a window, a line answers what it saw.</summary>
internal sealed class LoadProcess : IAsyncDisposable
{
    /// <summary>What asks for a window.</summary>
    public const string Window = "window";

    private readonly Process _process;
    private readonly Task<string> _errors;

    private LoadProcess(Process process)
    {
        _process = process;
        _errors = process.StandardError.ReadToEndAsync();
    }

    /// <param name="options">What to measure.</param>
    /// <param name="peer">Null for Concord.</param>
    /// <param name="addresses">Where the servers listen.</param>
    /// <param name="processes">The servers' processes, where the load generator asks the system for their use.</param>
    public static LoadProcess Start(
        BenchOptions options, BenchPeer? peer, IReadOnlyList<string> addresses, IReadOnlyList<int> processes)
    {
        List<string> arguments =
        [
            "bench-load", $"{options.Operation}",
            "--servers", string.Join(',', addresses),
            "--callers", Text(options.Callers),
            "--connections", Text(options.Connections),
            "--value-bytes", Text(options.ValueBytes),
            "--seconds", Text(options.Seconds),
        ];
        if (peer is not null)
        {
            arguments.AddRange(["--peer", $"{peer}", "--processes", string.Join(',', processes.Select(Text))]);
        }

        return new(Process.Start(ThisExecutable.Start(arguments))!);
    }

    /// <summary>A load at a given rate.</summary>
    public static LoadProcess Start(PauseOptions options, IReadOnlyList<string> addresses) => new(Process.Start(
        ThisExecutable.Start(
        [
            "bench-pace",
            "--servers", string.Join(',', addresses),
            "--keys", Text(options.Keys),
            "--rate", Text(options.Rate),
            "--value-bytes", Text(options.ValueBytes),
            "--seconds", Text(options.Seconds),
        ]))!);

    /// <summary>One window.</summary>
    /// <exception cref="CliException">It ended instead.</exception>
    public async Task<LoadResult> MeasureAsync(CancellationToken cancellationToken) =>
        JsonSerializer.Deserialize(await AskAsync(Window, cancellationToken), BenchJson.Default.LoadResult)!;

    /// <summary>Says a word, and waits for the line that answers it.</summary>
    /// <exception cref="CliException">It ended instead.</exception>
    public async Task<string> AskAsync(string word, CancellationToken cancellationToken)
    {
        try
        {
            await _process.StandardInput.WriteLineAsync(word);
            await _process.StandardInput.FlushAsync(cancellationToken);
        }
        catch (IOException)
        {
            // It is gone; its words follow below.
        }

        return await _process.StandardOutput.ReadLineAsync(cancellationToken)
            ?? throw new CliException($"The load generator ended: {(await _errors).Trim()}");
    }

    public async ValueTask DisposeAsync()
    {
        if (!_process.HasExited)
        {
            _process.Kill();
            await _process.WaitForExitAsync();
        }

        _process.Dispose();
    }

    private static string Text(int value) => value.ToString(CultureInfo.InvariantCulture);
}

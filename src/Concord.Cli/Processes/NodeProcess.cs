using System.Diagnostics;
using System.Globalization;
using Concord.Cli.Commands;
using Concord.Cli.Connections;

namespace Concord.Cli.Processes;

/// <summary>One run of one node: <c>serve</c> as a child process that ends when we do.</summary>
internal sealed class NodeProcess : IDisposable
{
    private readonly Process _process;
    private readonly TaskCompletionSource _ready = new(TaskCreationOptions.RunContinuationsAsynchronously);
    private volatile string _lastError = "";

    private NodeProcess(Process process) => _process = process;

    /// <summary>Completes when the node has said that it is ready; never if it ends before.</summary>
    public Task Ready => _ready.Task;

    /// <summary>Of the system.</summary>
    public int Id => _process.Id;

    public static NodeProcess Start(NodeSettings settings, NodeLaunch? launch = null)
    {
        Process process = new() { StartInfo = ThisExecutable.Start(Arguments(settings), launch) };
        NodeProcess node = new(process);
        process.OutputDataReceived += (_, line) => node.OnOutput(line.Data);
        process.ErrorDataReceived += (_, line) => node.OnError(line.Data);
        process.Start();
        process.BeginOutputReadLine();
        process.BeginErrorReadLine();
        return node;
    }

    public async Task<NodeExit> WaitForExitAsync()
    {
        await _process.WaitForExitAsync();
        return new NodeExit(_process.ExitCode, _lastError);
    }

    /// <summary>SIGKILL: no handler runs, nothing is flushed.</summary>
    public void Kill() => _process.Kill();

    /// <summary>Asks it to stop cleanly: a node stops when its standard input ends.</summary>
    public void RequestStop()
    {
        try
        {
            _process.StandardInput.Close();
        }
        catch (IOException)
        {
            // It is gone already.
        }
    }

    public void Dispose() => _process.Dispose();

    private static IEnumerable<string> Arguments(NodeSettings settings) =>
    [
        "serve",
        "--node-address", settings.Address,
        "--members", string.Join(',', settings.Members),
        "--data", settings.DataDirectory,
        "--shards", settings.Shards.ToString(CultureInfo.InvariantCulture),
        TerminationSignals.StopWithInputOption,
        .. settings.Protocol is { } protocol ? (string[])[CommandOptions.ProtocolName, protocol.Name] : [],
        .. settings.AllowInsecureTransport ? (string[])["--allow-insecure-transport"] : [],
        .. settings.LeaderLease ? (string[])[ServeCommand.LeaderLeaseOption] : [],
        .. settings.SnapshotBytesPerSecond is { } rate
            ? (string[])[ServeCommand.SnapshotRateOption, (rate >> 20).ToString(CultureInfo.InvariantCulture)]
            : [],
        .. settings.ElectionTimeout is { } timeout
            ? (string[])
            [
                ServeCommand.ElectionTimeoutOption,
                ((int)timeout.TotalMilliseconds).ToString(CultureInfo.InvariantCulture),
            ]
            : [],
    ];

    private void OnOutput(string? line)
    {
        if (line is not null)
        {
            _ready.TrySetResult();
        }
    }

    private void OnError(string? line) => _lastError = string.IsNullOrWhiteSpace(line) ? _lastError : line;
}

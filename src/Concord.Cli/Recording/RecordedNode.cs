using Concord.Cli.Connections;
using Concord.Cli.Processes;

namespace Concord.Cli.Recording;

/// <summary>A node under faults: nobody brings it up again but the fault that took it down.</summary>
/// <param name="number">From 1.</param>
/// <param name="settings">How it is run.</param>
/// <param name="launch">In what surroundings.</param>
/// <param name="endedByItself">Told its last words when it ends without our doing.</param>
/// <param name="time">The clock of the waits.</param>
internal sealed class RecordedNode(
    int number, NodeSettings settings, NodeLaunch launch, Action<RecordedNode, string> endedByItself, TimeProvider time)
{
    private static readonly TimeSpan s_stopLimit = TimeSpan.FromSeconds(10);

    private NodeProcess? _process;
    private Task _ended = Task.CompletedTask;
    private volatile bool _isEndExpected;

    public int Number => number;

    public string Address => settings.Address;

    /// <summary>In what surroundings it runs.</summary>
    public NodeLaunch Launch => launch;

    /// <summary>Whether its process runs, or is paused.</summary>
    public bool IsUp => _process is not null && !_ended.IsCompleted;

    /// <summary>Starts it. Completes when it is ready, or has ended instead.</summary>
    public Task Start()
    {
        _process?.Dispose();
        _isEndExpected = false;
        NodeProcess process = _process = NodeProcess.Start(settings, launch);
        _ended = WatchAsync(process);
        return Task.WhenAny(process.Ready, _ended);
    }

    /// <summary>SIGKILL. Completes when it is gone.</summary>
    public async Task KillAsync()
    {
        _isEndExpected = true;
        if (IsUp)
        {
            _process!.Kill();
        }

        await _ended;
    }

    public void Pause()
    {
        if (IsUp)
        {
            ProcessSignals.Pause(_process!.Id);
        }
    }

    public void Resume()
    {
        if (IsUp)
        {
            ProcessSignals.Resume(_process!.Id);
        }
    }

    /// <summary>Waits for a while, or until it has ended.</summary>
    public Task WhileUpAsync(TimeSpan limit) =>
        Task.WhenAny(_ended, Task.Delay(limit, time, CancellationToken.None));

    /// <summary>Stops it cleanly, or by force when it does not end in time.</summary>
    public async Task StopAsync()
    {
        _isEndExpected = true;
        if (IsUp)
        {
            Resume();
            _process!.RequestStop();
            if (await Task.WhenAny(_ended, Task.Delay(s_stopLimit, time, CancellationToken.None)) != _ended)
            {
                _process!.Kill();
            }
        }

        await _ended;
        _process?.Dispose();
        _process = null;
    }

    private async Task WatchAsync(NodeProcess process)
    {
        NodeExit exit = await process.WaitForExitAsync();
        if (!_isEndExpected)
        {
            endedByItself(this, exit.Sentence.Length > 0 ? exit.Sentence : $"exit code {exit.Code}");
        }
    }
}

using Concord.Cli.Connections;

namespace Concord.Cli.Processes;

/// <summary>
/// Keeps one node running. Killed from outside, it is started again; ended by itself with an error, it stays down and
/// <paramref name="failed"/> gets its sentence; killed by us, it waits until we want it back.
/// </summary>
/// <param name="name">What to call the node.</param>
/// <param name="settings">How it is run.</param>
/// <param name="launch">In what surroundings.</param>
/// <param name="say">Told what the user should know.</param>
/// <param name="failed">Completed with the sentence of a node that gave up.</param>
/// <param name="time">The clock of the pause before a restart.</param>
internal sealed class NodeSupervisor(
    string name,
    NodeSettings settings,
    NodeLaunch launch,
    Action<string> say,
    TaskCompletionSource<string> failed,
    TimeProvider time)
{
    private static readonly TimeSpan s_restartPause = TimeSpan.FromMilliseconds(200);
    private static readonly TimeSpan s_stopLimit = TimeSpan.FromSeconds(10);

    private readonly Lock _lock = new();
    private readonly TaskCompletionSource _firstReady = new(TaskCreationOptions.RunContinuationsAsynchronously);
    private NodeProcess? _process;
    private Task _supervision = Task.CompletedTask;
    private TaskCompletionSource? _wanted;
    private bool _isKilledByUs;
    private volatile bool _isStopping;
    private int _killedFromOutside;

    public int KilledFromOutside => Volatile.Read(ref _killedFromOutside);

    /// <summary>Completes when the node was ready for the first time.</summary>
    public Task FirstReady => _firstReady.Task;

    public void Start() => _supervision = SuperviseAsync();

    public void Kill()
    {
        lock (_lock)
        {
            _wanted ??= new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
            _isKilledByUs = true;
            _process?.Kill();
        }
    }

    public void Restart()
    {
        lock (_lock)
        {
            _wanted?.TrySetResult();
            _wanted = null;
        }
    }

    /// <summary>Stops the node cleanly, or by force when it does not end in time.</summary>
    public async Task StopAsync()
    {
        lock (_lock)
        {
            _isStopping = true;
            _wanted?.TrySetResult();
            _process?.RequestStop();
        }

        try
        {
            await _supervision.WaitAsync(s_stopLimit, time);
        }
        catch (TimeoutException)
        {
            lock (_lock)
            {
                _process?.Kill();
            }

            await _supervision;
        }
    }

    private async Task SuperviseAsync()
    {
        await Task.Yield();
        try
        {
            await KeepRunningAsync();
        }
        catch (Exception error) when (error is System.ComponentModel.Win32Exception or IOException)
        {
            failed.TrySetResult($"{name} could not be run as a process: {error.Message}");
        }
    }

    private async Task KeepRunningAsync()
    {
        while (StartProcess() is NodeProcess process)
        {
            Task<NodeExit> exited = process.WaitForExitAsync();
            if (await Task.WhenAny(process.Ready, exited) == process.Ready)
            {
                _firstReady.TrySetResult();
            }

            NodeExit exit = await exited;
            Task? wanted = EndProcess();
            if (wanted is not null)
            {
                await wanted;
            }
            else if (!await MayRestartAsync(exit))
            {
                return;
            }
        }
    }

    private NodeProcess? StartProcess()
    {
        lock (_lock)
        {
            _process = _isStopping ? null : NodeProcess.Start(settings, launch);
            return _process;
        }
    }

    /// <returns>What to wait for when it was us who killed it; that may be over before its end was noticed.</returns>
    private Task? EndProcess()
    {
        lock (_lock)
        {
            _process!.Dispose();
            _process = null;
            bool isKilledByUs = _isKilledByUs;
            _isKilledByUs = false;
            return isKilledByUs ? _wanted?.Task ?? Task.CompletedTask : null;
        }
    }

    private async Task<bool> MayRestartAsync(NodeExit exit)
    {
        if (_isStopping)
        {
            return false;
        }

        if (!exit.IsFromOutside)
        {
            string reason = exit.Sentence.Length > 0 ? exit.Sentence : $"it ended with exit code {exit.Code}.";
            failed.TrySetResult($"{name} stopped: {reason}");
            return false;
        }

        await Task.Delay(s_restartPause, time);
        if (!_isStopping)
        {
            Interlocked.Increment(ref _killedFromOutside);
            say($"{name} was killed from outside (exit code {exit.Code}); it is started again.");
        }

        return true;
    }
}

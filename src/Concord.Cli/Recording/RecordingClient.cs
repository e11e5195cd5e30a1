using Concord.Simulation;

namespace Concord.Cli.Recording;

/// <summary>What a client works with.</summary>
/// <param name="Place">Which of the keys in use it works on.</param>
/// <param name="Concord">Its connection.</param>
/// <param name="Keys">The keys in use.</param>
/// <param name="Recorder">Told everything.</param>
/// <param name="Random">Its draws.</param>
/// <param name="Time">The clock of its pauses.</param>
internal sealed record RecordingTools(
    int Place, IConcord Concord, KeyRotation Keys, HistoryRecorder Recorder, SimRandom Random, TimeProvider Time);

/// <summary>
/// A client as an application has one: its own connection, linearizable reads, one operation at a time. After an
/// outcome that nobody knows it goes on as a new process: the old one still has that operation under way.
/// </summary>
internal abstract class RecordingClient
{
    private const int PauseMillisecondsMax = 8;

    private static readonly TimeSpan s_failurePause = TimeSpan.FromMilliseconds(50);

    private int _process;

    protected RecordingClient(RecordingTools tools) => (Tools, _process) = (tools, tools.Recorder.NewProcess());

    protected RecordingTools Tools { get; }

    /// <summary>A client that does what a workload says.</summary>
    public static RecordingClient Of(Workload workload, RecordingTools tools) => workload switch
    {
        Workload.Lock => new LockClient(tools),
        Workload.Queue => new QueueClient(tools),
        _ => new StoreClient(workload, tools),
    };

    /// <summary>Works until told to stop; the operation under way is then waited for.</summary>
    public async Task RunAsync(CancellationToken stop, CancellationToken cancellationToken)
    {
        await Task.Yield();
        while (!stop.IsCancellationRequested && !cancellationToken.IsCancellationRequested)
        {
            EntryOutcome outcome = await StepAsync(cancellationToken);
            TimeSpan pause = outcome == EntryOutcome.Ok
                ? TimeSpan.FromMilliseconds(Tools.Random.Next(PauseMillisecondsMax))
                : s_failurePause;
            await Task.Delay(pause, Tools.Time, stop).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
        }
    }

    /// <summary>Looks at a key for the last time, when all is whole again, until nothing is left to be done.</summary>
    /// <returns>Whether that was reached in time.</returns>
    public async Task<bool> CloseAsync(string key, TimeSpan limit, CancellationToken cancellationToken)
    {
        long start = Tools.Time.GetTimestamp();
        while (Tools.Time.GetElapsedTime(start) < limit && !cancellationToken.IsCancellationRequested)
        {
            if (await IsClosedAsync(key, cancellationToken))
            {
                return true;
            }
        }

        return false;
    }

    /// <summary>Does one thing, or a few that belong together.</summary>
    /// <returns>How the last of them ended.</returns>
    protected abstract Task<EntryOutcome> StepAsync(CancellationToken cancellationToken);

    /// <summary>Takes a last look, and says whether it was the last one.</summary>
    protected abstract Task<bool> IsClosedAsync(string key, CancellationToken cancellationToken);

    /// <summary>Asks and records.</summary>
    protected async Task<EntryOutcome> DoAsync(
        string key, HistoryCall call, Func<HistoryCall, Task<HistoryCall>> ask)
    {
        EntryOutcome outcome = await Tools.Recorder.RecordAsync(_process, key, call, ask);
        if (outcome == EntryOutcome.Unknown)
        {
            _process = Tools.Recorder.NewProcess();
        }

        return outcome;
    }
}

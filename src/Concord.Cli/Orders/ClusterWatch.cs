using Concord.Client.Administration;
using Concord.Cli.Connections;

namespace Concord.Cli.Orders;

/// <summary>Looks at the cluster all the time, so that the leader is known at the moment when it must die.</summary>
/// <param name="poll">Asks the nodes.</param>
/// <param name="shards">How many shards there are.</param>
/// <param name="time">The clock between two looks.</param>
internal sealed class ClusterWatch(ClusterPoll poll, int shards, TimeProvider time) : IAsyncDisposable
{
    private static readonly TimeSpan s_interval = TimeSpan.FromMilliseconds(200);

    private readonly Lock _lock = new();
    private readonly LeaderTally _tally = new();
    private readonly TaskCompletionSource _leaders = new(TaskCreationOptions.RunContinuationsAsynchronously);
    private readonly CancellationTokenSource _stop = new();
    private Task _looking = Task.CompletedTask;

    /// <summary>Completes when every shard has had a leader.</summary>
    public Task AllShardsLed => _leaders.Task;

    public int LeaderChanges
    {
        get
        {
            lock (_lock)
            {
                return _tally.Changes;
            }
        }
    }

    public int MostLeading()
    {
        lock (_lock)
        {
            return _tally.MostLeading(poll.Addresses.Count);
        }
    }

    public void Start() => _looking = LookAsync();

    public async ValueTask DisposeAsync()
    {
        await _stop.CancelAsync();
        await _looking;
        _stop.Dispose();
    }

    private async Task LookAsync()
    {
        try
        {
            while (true)
            {
                NodeStatus?[] statuses = await poll.AskAsync(verifyDigests: false, _stop.Token);
                Observe(statuses);
                await Task.Delay(s_interval, time, _stop.Token);
            }
        }
        catch (OperationCanceledException)
        {
            // The end of the watch.
        }
    }

    private void Observe(NodeStatus?[] statuses)
    {
        lock (_lock)
        {
            _tally.Observe(statuses);
            if (_tally.HasLeaderOfAll(shards))
            {
                _leaders.TrySetResult();
            }
        }
    }
}

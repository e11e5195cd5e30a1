using Concord.Engines;

namespace Concord.Primitives;

/// <summary>One partition that is to be this process's: waits for its lock, runs the body, gives it back.</summary>
internal sealed class PartitionRun : IAsyncDisposable
{
    private readonly CancellationTokenSource _stop = new();
    private readonly ConcordPartitions _partitions;
    private readonly int _number;
    private readonly Func<IPartition, CancellationToken, Task> _body;

    public PartitionRun(
        ConcordPartitions partitions, int number, Func<IPartition, CancellationToken, Task> body, Action ended)
    {
        (_partitions, _number, _body) = (partitions, number, body);
        Ended = RunAsync();
        _ = NotifyAsync(Ended, ended);
    }

    /// <summary>Faulted when the body failed.</summary>
    public Task Ended { get; }

    /// <summary>Such failures are waited out.</summary>
    public static bool PassesByItself(ConcordException exception) =>
        exception.IsTransient || exception is SessionExpiredException or HoldLostException;

    public static TimeSpan Pause(int failures) => Hosting.RetryDelay.Of(failures);

    /// <summary>The partition belongs to somebody else now.</summary>
    public void Stop() => _ = _stop.CancelAsync();

    /// <summary>Ends the body and waits for it.</summary>
    public async ValueTask DisposeAsync()
    {
        await _stop.CancelAsync().ConfigureAwait(false);
        await Ended.ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
        _stop.Dispose();
    }

    private static async Task NotifyAsync(Task run, Action ended)
    {
        await run.ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
        ended();
    }

    private async Task RunAsync()
    {
        await Task.Yield();
        if (await AcquireAsync().ConfigureAwait(false) is { } held)
        {
            await using (held.ConfigureAwait(false))
            {
                using HoldScope ends = Hold.Open(held, _stop.Token);
                await WorkAsync(new Partition(held, _partitions.Name, _number), ends.Token).ConfigureAwait(false);
            }
        }
    }

    private async Task<ILockHandle?> AcquireAsync()
    {
        for (int failures = 1; ; failures++)
        {
            try
            {
                return await _partitions.LockOf(_number).AcquireAsync(_stop.Token).ConfigureAwait(false);
            }
            catch (OperationCanceledException) when (_stop.IsCancellationRequested)
            {
                return null;
            }
            catch (ConcordException exception) when (PassesByItself(exception))
            {
                await Task.Delay(Pause(failures), _partitions.Time, _stop.Token)
                    .ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
            }
        }
    }

    private async Task WorkAsync(Partition partition, CancellationToken ends)
    {
        try
        {
            await _body(partition, ends).ConfigureAwait(false);

            // Done before its time: the partition stays here until it moves.
            await Task.Delay(Timeout.InfiniteTimeSpan, _partitions.Time, ends).ConfigureAwait(false);
        }
        catch (Exception exception) when (ends.IsCancellationRequested
            && exception is OperationCanceledException or HoldLostException)
        {
            // It was asked to end.
        }
    }

    private sealed class Partition(ILockHandle held, string name, int number) : IPartition
    {
        public string Name => name;

        public int Number => number;

        public FencingToken FencingToken => held.FencingToken;

        public Fence Fence => held.Fence;

        public CancellationToken Lost => held.Lost;

        public void ThrowIfLost() => held.ThrowIfLost();

        public ValueTask<bool> VerifyAsync(CancellationToken cancellationToken = default) =>
            held.VerifyAsync(cancellationToken);

        public ValueTask ReleaseAsync(CancellationToken cancellationToken = default) =>
            held.ReleaseAsync(cancellationToken);

        public ValueTask DisposeAsync() => held.DisposeAsync();
    }
}

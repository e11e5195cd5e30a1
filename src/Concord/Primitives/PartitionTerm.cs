using System.Threading.Channels;

namespace Concord.Primitives;

/// <summary>One membership of a process: as others come and go, partitions are begun and ended.</summary>
internal sealed class PartitionTerm(
    ConcordPartitions partitions,
    ConcordGroup group,
    IMembership membership,
    Func<IPartition, CancellationToken, Task> body) : IAsyncDisposable
{
    private readonly Dictionary<int, PartitionRun> _runs = [];
    private readonly CancellationTokenSource _stop = new();

    /// <summary>That something has changed: the members, or a run has ended.</summary>
    private readonly Channel<bool> _changes = Channel.CreateBounded<bool>(
        new BoundedChannelOptions(1) { FullMode = BoundedChannelFullMode.DropWrite });

    private IReadOnlyList<GroupMember> _members = [];
    private Task _watch = Task.CompletedTask;

    /// <summary>Returns when the membership is lost or the caller gives up; throws what a body threw.</summary>
    public async Task RunAsync(CancellationToken cancellationToken)
    {
        using var ends = CancellationTokenSource.CreateLinkedTokenSource(cancellationToken, membership.Lost);
        _watch = WatchAsync(_stop.Token);
        _ = NotifyEndAsync(_watch);
        try
        {
            while (await _changes.Reader.WaitToReadAsync(ends.Token).ConfigureAwait(false))
            {
                _changes.Reader.TryRead(out _);
                if (_watch.IsFaulted)
                {
                    await _watch.ConfigureAwait(false);
                }

                await ReconcileAsync().ConfigureAwait(false);
            }
        }
        catch (OperationCanceledException) when (ends.IsCancellationRequested)
        {
            // Of the two the caller looks which it was.
        }
    }

    /// <summary>Ends every body and waits for it: only then may somebody else begin.</summary>
    public async ValueTask DisposeAsync()
    {
        await _stop.CancelAsync().ConfigureAwait(false);
        await Task.WhenAll(_runs.Values.Select(run => run.DisposeAsync().AsTask())).ConfigureAwait(false);
        await _watch.ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
        _stop.Dispose();
    }

    private async Task WatchAsync(CancellationToken cancellationToken)
    {
        await foreach (IReadOnlyList<GroupMember> members in
            group.WatchAsync(cancellationToken).ConfigureAwait(false))
        {
            Volatile.Write(ref _members, members);
            _changes.Writer.TryWrite(true);
        }
    }

    /// <summary>Behind the end of the watch: who looks then finds it ended.</summary>
    private async Task NotifyEndAsync(Task watch)
    {
        await watch.ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
        _changes.Writer.TryWrite(true);
    }

    private async Task ReconcileAsync()
    {
        HashSet<int> share = ShareOf(Volatile.Read(ref _members));
        foreach ((int number, PartitionRun run) in _runs.ToArray())
        {
            if (run.Ended.IsCompleted)
            {
                _runs.Remove(number);
                await run.DisposeAsync().ConfigureAwait(false);
                await run.Ended.ConfigureAwait(false);
            }
            else if (!share.Contains(number))
            {
                run.Stop();
            }
        }

        foreach (int number in share)
        {
            if (!_runs.ContainsKey(number))
            {
                _runs.Add(number, new(partitions, number, body, () => _changes.Writer.TryWrite(true)));
            }
        }
    }

    private HashSet<int> ShareOf(IReadOnlyList<GroupMember> members)
    {
        string[] ids = [.. members.Select(member => member.Id)];
        int own = Array.IndexOf(ids, membership.Info.Id);
        if (own < 0)
        {
            return [];
        }

        int[] owners = PartitionShares.Of(ids, partitions.Count);
        return [.. Enumerable.Range(0, owners.Length).Where(number => owners[number] == own)];
    }
}

using Concord.Engines;
using Concord.Operations.Holds;
using Concord.Operations.Queues;
using Concord.Primitives;

namespace Concord.Cli.Administration;

/// <summary>What an operator may do to locks and queues, and an application may not: take what others hold, delete
/// their messages, send dead letters back. Each is an entry in the log that says who asked.</summary>
/// <param name="client">The connection.</param>
/// <param name="by">Who asks.</param>
internal sealed class PrimitiveAdmin(ConcordClient client, string by)
{
    /// <summary>Who holds a lock, and the first of those who wait.</summary>
    public async Task<HoldsDescription> DescribeLockAsync(string name, CancellationToken cancellationToken)
    {
        byte[] root = RootOf(RecordKind.Lock, name);
        return DescribeHolds.Read(await client.QueryAsync(
            "lock.describe",
            name,
            new(RecordKey.SlotOf(root), OperationCode.DescribeHolds, DescribeHolds.Arguments(root), null),
            cancellationToken));
    }

    /// <summary>Takes a lock from whoever holds it; from all, unless a token says from whom.</summary>
    /// <returns>What was taken.</returns>
    public async Task<IReadOnlyList<HoldDescription>> ReleaseLockAsync(
        string name, long token, CancellationToken cancellationToken)
    {
        byte[] root = RootOf(RecordKind.Lock, name);

        // As it is found: those in line are granted it meanwhile, and are not meant.
        IEnumerable<long> tokens = (await DescribeLockAsync(name, cancellationToken)).Holders
            .Select(static holder => holder.Token).Where(held => token == 0 || held == token).Distinct();
        List<HoldDescription> taken = [];
        foreach (long held in tokens.ToArray())
        {
            bool hasMore = true;
            while (hasMore)
            {
                OperationRequest request = new(
                    RecordKey.SlotOf(root), OperationCode.ForceRelease, ForceRelease.Arguments(root, held, by), null);
                (IReadOnlyList<HoldDescription> some, hasMore) = ForceRelease.Read(
                    await client.ExecuteAsync("lock.force-release", name, request, cancellationToken));
                taken.AddRange(some);
            }
        }

        return taken;
    }

    public async Task<QueueContents> DescribeQueueAsync(string name, CancellationToken cancellationToken) =>
        DescribeQueue.Read(await client.QueryAsync(
            "queue.describe", name, DescribeQueue.Request(RootOf(RecordKind.Queue, name)), cancellationToken));

    /// <summary>Deletes the messages that nobody holds.</summary>
    /// <returns>How many.</returns>
    public async Task<long> PurgeAsync(string name, CancellationToken cancellationToken)
    {
        OperationRequest request = PurgeQueue.Request(RootOf(RecordKind.Queue, name), by);
        long purged = 0;
        while (true)
        {
            (int some, bool hasMore) = PurgeQueue.Read(
                await client.ExecuteAsync("queue.purge", name, request, cancellationToken));
            purged += some;
            if (!hasMore || some == 0)
            {
                return purged;
            }
        }
    }

    /// <summary>Sends the dead letters of a queue back to where they come from.</summary>
    /// <returns>How many, and whether it ended because a queue is full.</returns>
    public async Task<(long Moved, bool IsFull)> RedriveAsync(string name, CancellationToken cancellationToken)
    {
        ReadOnlyMemory<byte> dead = (await DescribeQueueAsync(name, cancellationToken)).DeadLetterRoot;
        if (dead.IsEmpty)
        {
            throw new CliException(
                $"{name} is a queue for dead letters itself: give the name of the queue that they come from.",
                ExitCode.Failed);
        }

        long moved = 0;
        ulong? after = 0;
        while (after is { } from)
        {
            if (RedriveQueue.Read(await client.ExecuteAsync(
                "queue.redrive", name, RedriveQueue.Request(dead.Span, from, by), cancellationToken)) is not { } run)
            {
                return (moved, true);
            }

            moved += run.Moved;
            after = run.Next;
        }

        return (moved, false);
    }

    private byte[] RootOf(RecordKind kind, string name) => RecordKey.Named(kind, client.Namespace, name);
}

using Concord.Engines;
using Concord.Operations.Holds;

namespace Concord.Operations.Queues;

/// <summary>What becomes of deliveries and of receivers in line when they are given up, when their session ends, and
/// when the timer of a queue is due.</summary>
internal sealed class QueueHolds : HoldEnds
{
    public static QueueHolds Instance { get; } = new();

    /// <summary>Also a transaction that is about to complete the delivery.</summary>
    public override bool TryGetBlocker(
        IKeyspace keys, ReadOnlySpan<byte> root, ReadOnlySpan<byte> holdKey, out RequestKey blocker) =>
        base.TryGetBlocker(keys, root, holdKey, out blocker)
        || IntentTable.TryGetBlocker(keys, holdKey, IntentAccess.Write, out blocker);

    /// <summary>Given back, a message goes to its old place and nothing is counted. When the receiver was lost it has
    /// failed, and after its last failure it is dead-lettered.</summary>
    /// <inheritdoc/>
    public override void GiveBack(
        IKeyspace keys,
        ReadOnlySpan<byte> root,
        ReadOnlySpan<byte> holdKey,
        in RecordView hold,
        bool isFailure,
        ref int grants)
    {
        OpenQueue queue = OpenQueue.Open(keys, root, grants);
        if (isFailure)
        {
            queue.Fail(holdKey, hold.Value, retryAfter: 0, "The receiver was lost."u8);
        }
        else
        {
            queue.Return(holdKey, hold.Value);
        }

        queue.Save();
        grants = queue.GrantsLeft;
    }

    public override void LeaveLine(
        IKeyspace keys, ReadOnlySpan<byte> root, SessionId session, ulong sequence, ref int grants)
    {
        OpenQueue queue = OpenQueue.Open(keys, root, grants);
        if (queue.Leave(session, sequence))
        {
            queue.Save();
        }
    }

    /// <summary>Promotes messages that have come due, ends deliveries whose time is over, forgets old message ids: a
    /// bounded number of each. The timer is set anew, to this moment when there is more to do.</summary>
    public override void Wake(IKeyspace keys, ReadOnlySpan<byte> root, ref int grants)
    {
        OpenQueue queue = OpenQueue.Open(keys, root, grants);
        queue.Wake();
        grants = queue.GrantsLeft;
    }
}

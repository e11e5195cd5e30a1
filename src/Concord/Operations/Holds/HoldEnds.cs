using Concord.Encoding;
using Concord.Engines;
using Concord.Operations.Queues;

namespace Concord.Operations.Holds;

/// <summary>
/// What the end of a hold, the giving up of a place in line, and a timer mean at a root: one per kind of root. Each
/// goes on granting to those in line, no more of them than <c>grants</c> allows, takes what it granted off it, and sets
/// the root's timer when there is more to grant.
/// </summary>
internal abstract class HoldEnds
{
    /// <summary>How many an operation grants at most: what it touches stays below the bound of records.</summary>
    public const int GrantsPerRunMax = 128;

    /// <exception cref="MalformedDataException">It is not the root of anything that can be held.</exception>
    public static HoldEnds Of(RecordKind root) => root switch
    {
        RecordKind.Lock or RecordKind.Election or RecordKind.Semaphore or RecordKind.Group => NamedHolds.Instance,
        RecordKind.Queue => QueueHolds.Instance,
        _ => throw new MalformedDataException($"Malformed data: a record of kind {(byte)root} as the root of holds."),
    };

    /// <summary>Whether an unfinished transaction requires the hold, and which.</summary>
    public virtual bool TryGetBlocker(
        IKeyspace keys, ReadOnlySpan<byte> root, ReadOnlySpan<byte> holdKey, out RequestKey blocker) =>
        IntentTable.TryGetBlocker(keys, root, IntentAccess.Write, out blocker);

    /// <summary>Gives a hold back. No transaction requires it: that has been looked up.</summary>
    /// <param name="keys">The records.</param>
    /// <param name="root">A copy: no write moves it.</param>
    /// <param name="holdKey">A copy too.</param>
    /// <param name="hold">As found; valid until the first write.</param>
    /// <param name="isFailure">Its session was lost, or it was taken away.</param>
    /// <param name="grants">How many may still be granted in this run.</param>
    public abstract void GiveBack(
        IKeyspace keys,
        ReadOnlySpan<byte> root,
        ReadOnlySpan<byte> holdKey,
        in RecordView hold,
        bool isFailure,
        ref int grants);

    /// <summary>Takes a request, which stands there, out of the line.</summary>
    public abstract void LeaveLine(
        IKeyspace keys, ReadOnlySpan<byte> root, SessionId session, ulong sequence, ref int grants);

    /// <summary>The root's timer is due; it is to be cleared or set anew.</summary>
    public abstract void Wake(IKeyspace keys, ReadOnlySpan<byte> root, ref int grants);
}

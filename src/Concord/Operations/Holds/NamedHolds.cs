using Concord.Encoding;
using Concord.Engines;

namespace Concord.Operations.Holds;

/// <summary>
/// Holds of locks, elections, semaphores and groups: given in the order of the line, and to nobody past it. Only
/// <see cref="HoldPolicy"/> knows which of them it is.
/// </summary>
internal sealed class NamedHolds : HoldEnds
{
    public static NamedHolds Instance { get; } = new();

    /// <summary>Writes the hold of a request. The root is saved by the caller.</summary>
    /// <returns>Its record.</returns>
    public static ByteWriter Grant(
        IKeyspace keys,
        scoped ReadOnlySpan<byte> root,
        SessionId session,
        ulong sequence,
        in HoldTerms terms,
        ref HoldRoot state)
    {
        ByteWriter value = HoldRecord.Encode(keys.Now, terms);
        Span<byte> key = stackalloc byte[HoldKey.BytesMax];
        state.Granted(terms);
        keys.Put(HoldKey.Write(key, RecordKind.Hold, root, session, sequence), value.Written, session);
        return value;
    }

    /// <summary>Ends a hold and grants nothing yet. The root is saved by the caller.</summary>
    public static void Take(
        IKeyspace keys, scoped ReadOnlySpan<byte> holdKey, in RecordView hold, ref HoldRoot state)
    {
        state.Ended(HoldRecord.Read(hold.Value).Terms.Count, hold.CreateRevision);
        keys.Delete(holdKey);
    }

    /// <summary>Grants to those in line for as long as the first of them may hold; who is beyond
    /// <paramref name="grants"/> is woken for. The root is saved by the caller.</summary>
    public static void Continue(
        IKeyspace keys, scoped ReadOnlySpan<byte> root, ref HoldRoot state, ref int grants)
    {
        RecordKind kind = RecordKey.KindOf(root);
        ulong from = 0;
        while (state.Waiting > 0)
        {
            if (!HoldLine.TryFirst(keys, root, from, out LinePlace place))
            {
                throw new MalformedDataException("Malformed data: a root counts more in line than stand there.");
            }

            // A session that is ending gets nothing more: what it asked for only leaves the line.
            bool isGone = SessionRecord.TryRead(keys, place.Session, out SessionRecord session) && !session.IsOpen;
            HoldTerms terms = HoldTerms.Read(place.Request);
            if (!isGone && !HoldPolicy.Fits(kind, state, terms))
            {
                return;
            }

            if (grants == 0)
            {
                RootTimer.Set(keys, root, keys.Now);
                return;
            }

            grants--;
            from = place.Number + 1;
            LeaveAndHold(keys, root, place, isGone, ref state);
        }
    }

    public override void GiveBack(
        IKeyspace keys,
        ReadOnlySpan<byte> root,
        ReadOnlySpan<byte> holdKey,
        in RecordView hold,
        bool isFailure,
        ref int grants)
    {
        HoldRoot state = HoldRoot.Read(keys, root);
        Take(keys, holdKey, hold, ref state);
        Continue(keys, root, ref state, ref grants);
        state.Save(keys, root);
    }

    public override void LeaveLine(
        IKeyspace keys, ReadOnlySpan<byte> root, SessionId session, ulong sequence, ref int grants)
    {
        HoldRoot state = HoldRoot.Read(keys, root);
        HoldLine.Remove(keys, root, session, sequence);
        state.Left();
        Continue(keys, root, ref state, ref grants);
        state.Save(keys, root);
    }

    public override void Wake(IKeyspace keys, ReadOnlySpan<byte> root, ref int grants)
    {
        RootTimer.Clear(keys, root);
        HoldRoot state = HoldRoot.Read(keys, root);
        int waiting = state.Waiting;
        Continue(keys, root, ref state, ref grants);
        if (state.Waiting != waiting)
        {
            state.Save(keys, root);
        }
    }

    private static void LeaveAndHold(
        IKeyspace keys, scoped ReadOnlySpan<byte> root, scoped LinePlace place, bool isGone, ref HoldRoot state)
    {
        // A copy: the first write may move what the place lies in.
        Span<byte> request = stackalloc byte[HoldTerms.BytesMax];
        request = request[..place.Request.Length];
        place.Request.CopyTo(request);
        HoldLine.Remove(keys, root, place.Session, place.Sequence, place.Number);
        state.Left();
        if (!isGone)
        {
            Grant(keys, root, place.Session, place.Sequence, HoldTerms.Read(request), ref state);
        }
    }
}

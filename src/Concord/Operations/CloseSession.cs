using Concord.Encoding;
using Concord.Engines;
using Concord.Operations.Holds;

namespace Concord.Operations;

/// <summary>Ends a session in a shard: gives back what it holds, takes it out of the lines in which it stands, and
/// deletes what else it owns, a bounded number of records per run; the answer says whether there is more to do.
/// Arguments: session.</summary>
/// <remarks>
/// Not numbered: its answer would be one more record of the session that it ends. From the first run on the session is
/// ending and none of its requests may run; otherwise a duplicate could arrive after its answer was deleted, between
/// two runs, and run again. A record that says "ending" tells the next leader to go on. A hold that an unfinished
/// transaction requires is kept for the decision: then the run is blocked, once the session is ending.
/// </remarks>
internal static class CloseSession
{
    /// <summary>Keeps each run short; the rest is another entry.</summary>
    public const int RecordsPerRunMax = 60;

    public static ReadOnlyMemory<byte> Arguments(SessionId session)
    {
        var arguments = new ByteWriter(8);
        arguments.WriteUInt64(session.Value);
        return arguments.WrittenMemory;
    }

    public static void Run(
        ref ByteReader arguments, in OperationContext context, IKeyspace keys, OperationAnswer answer)
    {
        var session = new SessionId(arguments.ReadUInt64());
        arguments.End();
        bool more = false;
        if (SessionRecord.TryRead(keys, session, out SessionRecord record))
        {
            if (record.IsOpen)
            {
                // Before anything is given back: nothing is granted to a session that is ending.
                (record with { IsOpen = false }).Put(keys, session);
            }

            int ended = EndOwned(keys, session, out RequestKey? blocker);
            if (ended == 0 && !record.IsOpen && blocker is { } transaction)
            {
                answer.Block(transaction);
                return;
            }

            more = keys.TryOwned(session, out _);
            if (!more)
            {
                SessionRecord.Delete(keys, session);
                SessionFloor.Raise(keys);
            }
        }

        Reply.Done(answer, OperationCode.CloseSession).WriteByte(more ? (byte)1 : (byte)0);
    }

    /// <summary>Whether it must be run again.</summary>
    public static bool HasMore(in EngineAnswer answer) =>
        Reply.IsDone(answer, OperationCode.CloseSession, out ByteReader body, out RefusalCode refusal)
            ? body.ReadByte() != 0
            : throw Reply.Unexpected(OperationCode.CloseSession, refusal);

    private static int EndOwned(IKeyspace keys, SessionId session, out RequestKey? blocker)
    {
        Span<byte> keyBytes = stackalloc byte[HoldKey.BytesMax];
        Span<byte> rootBytes = stackalloc byte[HoldKey.BytesMax];
        int grants = HoldEnds.GrantsPerRunMax;
        blocker = null;
        int ended = 0;
        while (ended < RecordsPerRunMax && keys.TryOwned(session, out RecordView owned))
        {
            // A copy: the view is the keyspace's own memory, which the deletion gives back.
            owned.Key.CopyTo(keyBytes);
            ReadOnlySpan<byte> key = keyBytes[..owned.Key.Length];
            RecordKind kind = RecordKey.KindOf(key);
            if (kind is not (RecordKind.Hold or RecordKind.Claim))
            {
                keys.Delete(key);
                ended++;
                continue;
            }

            ReadOnlySpan<byte> root = HoldKey.RootOf(rootBytes, key);
            HoldEnds ends = HoldEnds.Of(RecordKey.KindOf(root));
            if (kind == RecordKind.Claim)
            {
                ends.LeaveLine(keys, root, session, HoldKey.HandleOf(key).Sequence, ref grants);
            }
            else if (ends.TryGetBlocker(keys, root, key, out RequestKey transaction))
            {
                blocker = transaction;
                break;
            }
            else
            {
                ends.GiveBack(keys, root, key, owned, isFailure: true, ref grants);
            }

            ended++;
        }

        return ended;
    }
}

using Concord.Encoding;
using Concord.Engines;

namespace Concord.Operations;

/// <summary>Ends a session in a shard and deletes what it owns, a bounded number of records per run; the answer says
/// whether there is more to do. Arguments: session.</summary>
/// <remarks>
/// Not numbered: its answer would be one more record of the session that it ends. From the first run on the session is
/// ending and none of its requests may run; otherwise a duplicate could arrive after its answer was deleted, between
/// two runs, and run again. A record that says "ending" tells the next leader to go on.
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
            DeleteOwned(keys, session);
            more = keys.TryOwned(session, out _);
            if (!more)
            {
                SessionRecord.Delete(keys, session);
                SessionFloor.Raise(keys);
            }
            else if (record.IsOpen)
            {
                (record with { IsOpen = false }).Put(keys, session);
            }
        }

        Reply.Done(answer, OperationCode.CloseSession).WriteByte(more ? (byte)1 : (byte)0);
    }

    /// <summary>Whether it must be run again.</summary>
    public static bool HasMore(in EngineAnswer answer) =>
        Reply.IsDone(answer, OperationCode.CloseSession, out ByteReader body, out RefusalCode refusal)
            ? body.ReadByte() != 0
            : throw Reply.Unexpected(OperationCode.CloseSession, refusal);

    private static void DeleteOwned(IKeyspace keys, SessionId session)
    {
        Span<byte> key = stackalloc byte[IntentTable.KeyBytesMax];
        for (int i = 0; i < RecordsPerRunMax && keys.TryOwned(session, out RecordView owned); i++)
        {
            // A copy: the view is the keyspace's own memory, which the deletion gives back.
            int length = owned.Key.Length;
            owned.Key.CopyTo(key);
            keys.Delete(key[..length]);
        }
    }
}

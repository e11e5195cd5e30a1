using Concord.Encoding;
using Concord.Engines;

namespace Concord.Operations;

/// <summary>A session as registered in a shard: 1 byte of state, its time to live in milliseconds, when it was
/// opened.</summary>
/// <param name="IsOpen">False while it is being ended: none of its requests may run, for their answers are being
/// deleted.</param>
/// <param name="TimeToLive">How long it lives after it was last heard of.</param>
/// <param name="Opened">When it was registered.</param>
internal readonly record struct SessionRecord(bool IsOpen, TimeSpan TimeToLive, LogTime Opened)
{
    private const int KeyBytes = 11;
    private const byte Open = 1;
    private const byte Ending = 2;

    /// <summary>Whether requests of the session may run here.</summary>
    public static bool MayRun(IKeyspace keys, SessionId session) =>
        TryRead(keys, session, out SessionRecord record) && record.IsOpen;

    public static bool TryRead(IKeyspace keys, SessionId session, out SessionRecord record)
    {
        Span<byte> key = stackalloc byte[KeyBytes];
        if (!keys.TryGet(RecordKey.Write(key, Slot.OfShard, RecordKind.Session, session), out RecordView view))
        {
            record = default;
            return false;
        }

        record = Decode(view.Value);
        return true;
    }

    public static SessionRecord Decode(ReadOnlySpan<byte> value)
    {
        var reader = new ByteReader(value);
        return new(reader.ReadByte() == Open, TimeSpan.FromMilliseconds(reader.ReadInt64()), new(reader.ReadInt64()));
    }

    /// <summary>Stored without an owner: the end of the session deletes it last, and not among what it owns.</summary>
    public void Put(IKeyspace keys, SessionId session)
    {
        Span<byte> key = stackalloc byte[KeyBytes];
        var value = new ByteWriter(17);
        value.WriteByte(IsOpen ? Open : Ending);
        value.WriteInt64((long)TimeToLive.TotalMilliseconds);
        value.WriteInt64(Opened.Milliseconds);
        keys.Put(RecordKey.Write(key, Slot.OfShard, RecordKind.Session, session), value.Written);
    }

    public static void Delete(IKeyspace keys, SessionId session)
    {
        Span<byte> key = stackalloc byte[KeyBytes];
        keys.Delete(RecordKey.Write(key, Slot.OfShard, RecordKind.Session, session));
    }
}

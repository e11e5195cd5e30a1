using Concord.Encoding;
using Concord.Engines;

namespace Concord.Operations;

/// <summary>
/// A part of a transaction that is prepared here and in doubt: anchor shard 4, age 8, then its actions. It is what will
/// be carried out at a commit, and it belongs to no session: only the decision ends it.
/// </summary>
internal readonly ref struct PreparedRecord
{
    private const int KeyBytes = 3 + RequestKey.EncodedBytes;

    public uint Anchor { get; private init; }

    /// <summary>When the transaction's first attempt began, by its client's clock.</summary>
    public LogTime Age { get; private init; }

    public ReadOnlySpan<byte> Actions { get; private init; }

    public static bool TryGet(IKeyspace keys, RequestKey transaction, out PreparedRecord prepared)
    {
        Span<byte> key = stackalloc byte[KeyBytes];
        if (!keys.TryGet(RecordKey.Write(key, Slot.OfShard, RecordKind.Prepared, transaction), out RecordView record))
        {
            prepared = default;
            return false;
        }

        prepared = Read(record.Value);
        return true;
    }

    public static PreparedRecord Read(ReadOnlySpan<byte> value)
    {
        var reader = new ByteReader(value);
        return new() { Anchor = reader.ReadUInt32(), Age = new(reader.ReadInt64()), Actions = reader.Rest };
    }

    public static void Put(IKeyspace keys, RequestKey transaction, ReadOnlySpan<byte> value)
    {
        Span<byte> key = stackalloc byte[KeyBytes];
        keys.Put(RecordKey.Write(key, Slot.OfShard, RecordKind.Prepared, transaction), value);
    }

    public static void Delete(IKeyspace keys, RequestKey transaction)
    {
        Span<byte> key = stackalloc byte[KeyBytes];
        keys.Delete(RecordKey.Write(key, Slot.OfShard, RecordKind.Prepared, transaction));
    }
}

using Concord.Encoding;
using Concord.Engines;

namespace Concord.Operations;

/// <summary>A committed transaction whose participants have not all carried it out: their shards, 4 bytes
/// each.</summary>
internal static class DecisionRecord
{
    private const int KeyBytes = 3 + RequestKey.EncodedBytes;

    public static bool Exists(IKeyspace keys, RequestKey transaction) => TryGet(keys, transaction, out _);

    public static bool TryGet(IKeyspace keys, RequestKey transaction, out uint[] participants)
    {
        Span<byte> key = stackalloc byte[KeyBytes];
        bool exists = keys.TryGet(
            RecordKey.Write(key, transaction.Slot, RecordKind.Decision, transaction), out RecordView record);
        participants = exists ? Participants(record.Value) : [];
        return exists;
    }

    public static void Put(IKeyspace keys, RequestKey transaction, ReadOnlySpan<byte> participants)
    {
        Span<byte> key = stackalloc byte[KeyBytes];
        keys.Put(RecordKey.Write(key, transaction.Slot, RecordKind.Decision, transaction), participants);
    }

    public static void Delete(IKeyspace keys, RequestKey transaction)
    {
        Span<byte> key = stackalloc byte[KeyBytes];
        keys.Delete(RecordKey.Write(key, transaction.Slot, RecordKind.Decision, transaction));
    }

    public static uint[] Participants(ReadOnlySpan<byte> value)
    {
        var reader = new ByteReader(value);
        uint[] shards = new uint[value.Length / 4];
        for (int i = 0; i < shards.Length; i++)
        {
            shards[i] = reader.ReadUInt32();
        }

        return shards;
    }
}

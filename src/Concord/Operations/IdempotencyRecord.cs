using Concord.Encoding;
using Concord.Engines;

namespace Concord.Operations;

/// <summary>
/// The answer under an idempotency key: when 8, then either a committed transaction's gid or a status 1, revision 8 and
/// payload of a single operation. In the slot of what it belongs to; forgotten after the retention.
/// </summary>
internal static class IdempotencyRecord
{
    public const int TailBytesMax = RecordKey.NamespaceBytesMax + 1 + RecordKey.NameBytesMax;

    /// <summary>How long an answer is kept at least.</summary>
    public static readonly TimeSpan Retention = TimeSpan.FromHours(24);

    private const byte Transaction = 1;
    private const byte Operation = 2;

    public static bool TryGetCommit(IKeyspace keys, Slot slot, ReadOnlySpan<byte> tail, out RequestKey transaction)
    {
        transaction = default;
        if (tail.IsEmpty || !TryGet(keys, slot, tail, Transaction, out ByteReader reader))
        {
            return false;
        }

        transaction = new(new(reader.ReadUInt16()), new(reader.ReadUInt64()), reader.ReadUInt64());
        return true;
    }

    public static void PutCommit(IKeyspace keys, RequestKey transaction, ReadOnlySpan<byte> tail)
    {
        var value = new ByteWriter(32);
        value.WriteInt64(keys.Now.Milliseconds);
        value.WriteByte(Transaction);
        value.WriteUInt16(transaction.Slot.Value);
        value.WriteUInt64(transaction.Session.Value);
        value.WriteUInt64(transaction.Sequence);
        Put(keys, transaction.Slot, tail, value);
    }

    public static bool TryGetAnswer(
        IKeyspace keys, Slot slot, ReadOnlySpan<byte> tail, out AnswerStatus status, out long revision,
            out ReadOnlySpan<byte> payload)
    {
        status = default;
        revision = 0;
        payload = default;
        if (tail.IsEmpty || !TryGet(keys, slot, tail, Operation, out ByteReader reader))
        {
            return false;
        }

        status = (AnswerStatus)reader.ReadByte();
        revision = reader.ReadInt64();
        payload = reader.Rest;
        return true;
    }

    public static void PutAnswer(
        IKeyspace keys, Slot slot, ReadOnlySpan<byte> tail, AnswerStatus status, long revision,
            ReadOnlySpan<byte> payload)
    {
        var value = new ByteWriter(32 + payload.Length);
        value.WriteInt64(keys.Now.Milliseconds);
        value.WriteByte(Operation);
        value.WriteByte((byte)status);
        value.WriteInt64(revision);
        value.WriteRaw(payload);
        Put(keys, slot, tail, value);
    }

    /// <summary>When the record was written.</summary>
    public static LogTime WrittenAt(ReadOnlySpan<byte> value) => new(new ByteReader(value).ReadInt64());

    private static bool TryGet(IKeyspace keys, Slot slot, ReadOnlySpan<byte> tail, byte kind, out ByteReader reader)
    {
        Span<byte> key = stackalloc byte[3 + TailBytesMax];
        reader = default;
        CheckTail(tail);
        if (!keys.TryGet(RecordKey.Write(key, slot, RecordKind.Idempotency, tail), out RecordView record))
        {
            return false;
        }

        reader = new(record.Value);
        bool inTime = keys.Now - new LogTime(reader.ReadInt64()) <= Retention;
        return inTime && reader.ReadByte() == kind;
    }

    private static void Put(IKeyspace keys, Slot slot, ReadOnlySpan<byte> tail, ByteWriter value)
    {
        Span<byte> key = stackalloc byte[3 + TailBytesMax];
        keys.Put(RecordKey.Write(key, slot, RecordKind.Idempotency, tail), value.Written);
    }

    private static void CheckTail(ReadOnlySpan<byte> tail)
    {
        if (tail.Length > TailBytesMax)
        {
            throw new MalformedDataException($"An idempotency key of {tail.Length} bytes.");
        }
    }
}

using Concord.Encoding;
using Concord.Engines;

namespace Concord.Operations;

/// <summary>What an unfinished transaction holds on a record. Stored; numbers are never reused.</summary>
internal enum IntentKind : byte
{
    /// <summary>It has validated the record, which must not change before the decision.</summary>
    Read = 1,

    /// <summary>It will set or delete the record, or has validated it and will add to it.</summary>
    Write = 2,

    /// <summary>It has reserved room for an addition.</summary>
    Add = 3,
}

/// <summary>One transaction's hold on one record.</summary>
/// <param name="Transaction">Its gid.</param>
/// <param name="Kind">What it holds.</param>
/// <param name="Addition">What it will add; <see cref="BoundedAddition.Nothing"/> unless it adds.</param>
/// <param name="Age">When the transaction's first attempt began; of two in each other's way the older waits.</param>
internal readonly record struct IntentHold(
    RequestKey Transaction, IntentKind Kind, BoundedAddition Addition, LogTime Age)
{
    public const int EncodedBytes = RequestKey.EncodedBytes + 1 + (4 * 8);

    public static IntentHold ToRead(RequestKey transaction, LogTime age) =>
        new(transaction, IntentKind.Read, BoundedAddition.Nothing, age);

    public static IntentHold ToWrite(RequestKey transaction, LogTime age) =>
        new(transaction, IntentKind.Write, BoundedAddition.Nothing, age);

    public static IntentHold ToAdd(RequestKey transaction, BoundedAddition addition, LogTime age) =>
        new(transaction, IntentKind.Add, addition, age);

    public static IntentHold Decode(ReadOnlySpan<byte> bytes)
    {
        var reader = new ByteReader(bytes);
        var transaction = new RequestKey(new(reader.ReadUInt16()), new(reader.ReadUInt64()), reader.ReadUInt64());
        return new(
            transaction,
            (IntentKind)reader.ReadByte(),
            new(reader.ReadInt64(), reader.ReadInt64(), reader.ReadInt64()),
            new(reader.ReadInt64()));
    }

    public void Encode(ByteWriter target)
    {
        target.WriteUInt16(Transaction.Slot.Value);
        target.WriteUInt64(Transaction.Session.Value);
        target.WriteUInt64(Transaction.Sequence);
        target.WriteByte((byte)Kind);
        target.WriteInt64(Addition.Delta);
        target.WriteInt64(Addition.Min);
        target.WriteInt64(Addition.Max);
        target.WriteInt64(Age.Milliseconds);
    }

    /// <summary>
    /// Both holds of one transaction in one. Two kinds together are a write: a read keeps writers and adders out, an
    /// addition keeps readers and writers out, so both keep everybody out.
    /// </summary>
    public IntentHold And(IntentHold other)
    {
        if (!Addition.TryThen(other.Addition, out BoundedAddition both))
        {
            throw new InvalidOperationException($"Transaction {Transaction} adds more than 64 bits to one counter.");
        }

        return new(Transaction, Kind == other.Kind ? Kind : IntentKind.Write, both, Age);
    }
}

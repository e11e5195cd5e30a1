using Concord.Encoding;
using Concord.Engines;

namespace Concord.Client.Wire;

/// <summary>
/// A transaction as the client sends it to the leader of its anchor: the anchor's part first, then one part per further
/// shard. The request as a whole is numbered once; each part has a slot of its own in which its answer is kept.
/// </summary>
internal static class CommitRequest
{
    /// <summary>The most actions of one transaction.</summary>
    public const int ActionsMax = 512;

    public static void Write(
        ByteWriter writer, TransactionRequest transaction, IReadOnlyList<TransactionPart> parts)
    {
        writer.WriteUInt64(transaction.Id.Session.Value);
        writer.WriteUInt64(transaction.Id.Sequence);
        writer.WriteInt64(transaction.StartedAt.Milliseconds);
        ReadOnlySpan<byte> idempotency = transaction.IdempotencyKey is { } name
            ? RecordKey.TailOf(RecordKey.Named(transaction.Id.Slot, RecordKind.Idempotency, name.Namespace, name.Key))
            : default;
        writer.WriteBytes(idempotency);
        writer.WriteUInt16((ushort)parts.Count);
        foreach (TransactionPart part in parts)
        {
            writer.WriteUInt32(part.Shard);
            writer.WriteUInt16(part.Slot.Value);
            writer.WriteUInt64(part.AcknowledgedThrough);
            int lengthAt = writer.Length;
            writer.WriteInt32(0);
            ActionCodec.Write(writer, transaction.Actions, part.Ordinals);
            writer.OverwriteInt32(lengthAt, writer.Length - lengthAt - 4);
        }
    }
}

/// <summary>The part of a transaction that concerns one shard.</summary>
/// <param name="Shard">The shard.</param>
/// <param name="Slot">Where its answer is kept.</param>
/// <param name="AcknowledgedThrough">What the client has answers for on that slot.</param>
/// <param name="Ordinals">Which actions of the transaction, ascending.</param>
internal readonly record struct TransactionPart(uint Shard, Slot Slot, ulong AcknowledgedThrough,
    IReadOnlyList<int> Ordinals);

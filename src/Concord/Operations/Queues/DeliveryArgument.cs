using Concord.Encoding;
using Concord.Engines;
using Concord.Operations.Holds;

namespace Concord.Operations.Queues;

/// <summary>What names a delivery in the arguments of an operation on it: root, sequence of the request that received
/// it, token. The session is the asker's, so that nobody can name a delivery of another.</summary>
internal readonly ref struct DeliveryArgument
{
    public ReadOnlySpan<byte> Root { get; private init; }

    public ulong Sequence { get; private init; }

    /// <summary>The create revision of the hold.</summary>
    public long Token { get; private init; }

    public static ByteWriter Write(ReadOnlySpan<byte> root, ulong sequence, long token)
    {
        var arguments = new ByteWriter(root.Length + 64);
        arguments.WriteBytes(root);
        arguments.WriteUInt64(sequence);
        arguments.WriteInt64(token);
        return arguments;
    }

    public static bool TryRead(
        ref ByteReader arguments, in OperationContext context, OperationAnswer answer, out DeliveryArgument delivery)
    {
        delivery = default;
        if (!KeyArgument.TryRead(ref arguments, context, RecordKind.Queue, answer, out ReadOnlySpan<byte> root))
        {
            return false;
        }

        delivery = new() { Root = root, Sequence = arguments.ReadUInt64(), Token = arguments.ReadInt64() };
        return true;
    }

    /// <summary>The key of the hold.</summary>
    public ReadOnlySpan<byte> HoldKeyOf(SessionId session, Span<byte> target) =>
        HoldKey.Write(target, RecordKind.Hold, Root, session, Sequence);

    /// <summary>Finds the hold; otherwise the answer says why not.</summary>
    public bool TryFind(IKeyspace keys, ReadOnlySpan<byte> holdKey, OperationAnswer answer, out RecordView hold)
    {
        hold = default;
        if (QueueHolds.Instance.TryGetBlocker(keys, Root, holdKey, out RequestKey blocker))
        {
            answer.Block(blocker);
            return false;
        }

        if (IsValid(keys, holdKey, Token, out hold))
        {
            return true;
        }

        Reply.Refuse(answer, RefusalCode.HoldLost);
        return false;
    }

    /// <summary>Whether this very delivery is still held and its time is not over, found to be so or not.</summary>
    public static bool IsValid(IKeyspace keys, ReadOnlySpan<byte> holdKey, long token, out RecordView hold) =>
        keys.TryGet(holdKey, out hold)
        && hold.CreateRevision == token
        && DeliveryRecord.Read(hold.Value).Until.Milliseconds > keys.Now.Milliseconds;

    /// <summary>Whether it was done; false when the delivery is lost.</summary>
    public static bool IsDone(in EngineAnswer answer, OperationCode code)
    {
        if (Reply.IsDone(answer, code, out _, out RefusalCode refusal))
        {
            return true;
        }

        return refusal == RefusalCode.HoldLost ? false : throw Reply.Unexpected(code, refusal);
    }
}

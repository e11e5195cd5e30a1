using Concord.Encoding;
using Concord.Engines;

namespace Concord.Operations.Holds;

/// <summary>Who holds a lock, an election, a semaphore or a group, and who waits: as a whole in numbers, the first of
/// each by name.</summary>
/// <param name="Exists">False when nobody holds, nobody waits, and no limit was set.</param>
/// <param name="Limit">Of a semaphore that exists.</param>
/// <param name="Permits">How many are held.</param>
/// <param name="HoldCount">By how many holds.</param>
/// <param name="WaitingCount">How many stand in line.</param>
/// <param name="Holders">The first, in the order of their handles.</param>
/// <param name="Waiting">The first in line, in its order; without tokens, <see cref="HoldDescription.Since"/> is when
/// they came.</param>
internal sealed record HoldsDescription(
    bool Exists,
    int Limit,
    long Permits,
    int HoldCount,
    int WaitingCount,
    IReadOnlyList<HoldDescription> Holders,
    IReadOnlyList<HoldDescription> Waiting);

/// <summary>Describes a root; read only. Arguments: root.</summary>
internal static class DescribeHolds
{
    /// <summary>So many holders, and so many of those who wait, are listed at most.</summary>
    public const int ListedMax = 100;

    public static ReadOnlyMemory<byte> Arguments(ReadOnlySpan<byte> root)
    {
        var arguments = new ByteWriter(root.Length + 4);
        arguments.WriteBytes(root);
        return arguments.WrittenMemory;
    }

    public static void Run(
        ref ByteReader arguments, in OperationContext context, IKeyspace keys, OperationAnswer answer)
    {
        if (!RootArgument.TryReadNamed(ref arguments, context, answer, out ReadOnlySpan<byte> root))
        {
            return;
        }

        arguments.End();
        HoldRoot state = HoldRoot.Read(keys, root);
        ByteWriter body = Reply.Done(answer, OperationCode.DescribeHolds);
        body.WriteByte(state.Exists ? (byte)1 : (byte)0);
        body.WriteInt32(state.Limit);
        body.WriteInt64(state.Permits);
        body.WriteInt32(state.Holds);
        body.WriteInt32(state.Waiting);
        WriteHolders(keys, root, body);
        WriteWaiting(keys, root, body);
    }

    public static HoldsDescription Read(in EngineAnswer answer)
    {
        if (!Reply.IsDone(answer, OperationCode.DescribeHolds, out ByteReader body, out RefusalCode refusal))
        {
            throw Reply.Unexpected(OperationCode.DescribeHolds, refusal);
        }

        return new(
            body.ReadByte() != 0,
            body.ReadInt32(),
            body.ReadInt64(),
            body.ReadInt32(),
            body.ReadInt32(),
            ReadList(ref body),
            ReadList(ref body));
    }

    private static void WriteHolders(IKeyspace keys, ReadOnlySpan<byte> root, ByteWriter body)
    {
        Span<byte> prefixBytes = stackalloc byte[HoldKey.BytesMax];
        Span<byte> keyBytes = stackalloc byte[HoldKey.BytesMax];
        ReadOnlySpan<byte> prefix = HoldKey.Prefix(prefixBytes, RecordKind.Hold, root);
        scoped ReadOnlySpan<byte> after = prefix;
        int countAt = body.Length;
        body.WriteInt32(0);
        int listed = 0;
        while (listed < ListedMax && keys.TryNext(prefix, after, out RecordView hold))
        {
            hold.Key.CopyTo(keyBytes);
            after = keyBytes[..hold.Key.Length];
            HoldDescription.Write(body, hold);
            listed++;
        }

        body.OverwriteInt32(countAt, listed);
    }

    private static void WriteWaiting(IKeyspace keys, ReadOnlySpan<byte> root, ByteWriter body)
    {
        int countAt = body.Length;
        body.WriteInt32(0);
        int listed = 0;
        ulong from = 0;
        while (listed < ListedMax && HoldLine.TryFirst(keys, root, from, out LinePlace place))
        {
            from = place.Number + 1;
            HoldDescription.Write(body, place);
            listed++;
        }

        body.OverwriteInt32(countAt, listed);
    }

    private static List<HoldDescription> ReadList(ref ByteReader reader)
    {
        int count = reader.ReadInt32();
        var list = new List<HoldDescription>();
        for (int i = 0; i < count; i++)
        {
            list.Add(HoldDescription.Read(ref reader));
        }

        return list;
    }
}

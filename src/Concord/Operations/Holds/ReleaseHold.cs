using Concord.Encoding;
using Concord.Engines;

namespace Concord.Operations.Holds;

/// <summary>What a <see cref="ReleaseHold"/> found.</summary>
internal enum ReleaseOutcome : byte
{
    /// <summary>It was held, and is not any more.</summary>
    Released = 1,

    /// <summary>It stood in line, and does not any more.</summary>
    LeftLine = 2,

    /// <summary>Neither: it was refused, is over, or has not run yet and never will.</summary>
    NotFound = 3,
}

/// <summary>
/// Gives up what an earlier request of the same session asked for: its hold, its place in line, or the request itself,
/// which then never runs. Arguments: root, sequence.
/// </summary>
internal static class ReleaseHold
{
    public static ReadOnlyMemory<byte> Arguments(ReadOnlySpan<byte> root, ulong sequence)
    {
        var arguments = new ByteWriter(root.Length + 12);
        arguments.WriteBytes(root);
        arguments.WriteUInt64(sequence);
        return arguments.WrittenMemory;
    }

    public static void Run(
        ref ByteReader arguments, in OperationContext context, IKeyspace keys, OperationAnswer answer)
    {
        if (!RootArgument.TryRead(ref arguments, context, answer, out ReadOnlySpan<byte> root))
        {
            return;
        }

        // The handle begins with the session that asks, so nobody gives back what another one holds.
        RequestKey request = context.Request with { Sequence = arguments.ReadUInt64() };
        arguments.End();
        if (request.Session.IsNone)
        {
            throw new MalformedDataException("Malformed data: a hold is given back by a session.");
        }

        Span<byte> keyBytes = stackalloc byte[HoldKey.BytesMax];
        ReadOnlySpan<byte> key =
            HoldKey.Write(keyBytes, RecordKind.Hold, root, request.Session, request.Sequence);
        HoldEnds ends = HoldEnds.Of(RecordKey.KindOf(root));
        int grants = HoldEnds.GrantsPerRunMax;
        var outcome = ReleaseOutcome.NotFound;
        if (keys.TryGet(key, out RecordView hold))
        {
            if (ends.TryGetBlocker(keys, root, key, out RequestKey blocker))
            {
                answer.Block(blocker);
                return;
            }

            ends.GiveBack(keys, root, key, hold, isFailure: false, ref grants);
            outcome = ReleaseOutcome.Released;
        }
        else if (HoldLine.TryFind(keys, root, request.Session, request.Sequence, out _))
        {
            ends.LeaveLine(keys, root, request.Session, request.Sequence, ref grants);
            outcome = ReleaseOutcome.LeftLine;
        }
        else
        {
            SettleRequest.Forbid(keys, request);
        }

        Reply.Done(answer, OperationCode.Release).WriteByte((byte)outcome);
    }

    public static ReleaseOutcome Read(in EngineAnswer answer) =>
        Reply.IsDone(answer, OperationCode.Release, out ByteReader body, out RefusalCode refusal)
            ? (ReleaseOutcome)body.ReadByte()
            : throw Reply.Unexpected(OperationCode.Release, refusal);
}

using Concord.Encoding;
using Concord.Engines;

namespace Concord.Operations.Holds;

/// <summary>Takes holds from whoever has them and grants to those in line. Arguments: root, token (zero: all), who
/// asks. The answer lists what was taken, a bounded number per run, and says whether there is more.</summary>
internal static class ForceRelease
{
    public const int TakenPerRunMax = 128;

    /// <summary>So many holds are looked at, at most, for the one with the token.</summary>
    public const int LooksMax = 1024;

    public static ReadOnlyMemory<byte> Arguments(ReadOnlySpan<byte> root, long token, string by = "")
    {
        var arguments = new ByteWriter(root.Length + 12);
        arguments.WriteBytes(root);
        arguments.WriteInt64(token);
        AdministrativeAct.WriteBy(arguments, by);
        return arguments.WrittenMemory;
    }

    public static void Run(
        ref ByteReader arguments, in OperationContext context, IKeyspace keys, OperationAnswer answer)
    {
        if (!RootArgument.TryReadNamed(ref arguments, context, answer, out ReadOnlySpan<byte> root))
        {
            return;
        }

        long token = arguments.ReadInt64();
        AdministrativeAct.ReadBy(ref arguments);
        if (IntentTable.TryGetBlocker(keys, root, IntentAccess.Write, out RequestKey blocker))
        {
            answer.Block(blocker);
            return;
        }

        HoldRoot state = HoldRoot.Read(keys, root);
        ByteWriter body = Reply.Done(answer, OperationCode.ForceRelease);
        int moreAt = body.Length;
        body.WriteByte(0);
        int taken = Take(keys, root, token, ref state, body, out bool more);
        body.Buffer[moreAt] = more ? (byte)1 : (byte)0;
        if (taken > 0)
        {
            int grants = HoldEnds.GrantsPerRunMax;
            NamedHolds.Continue(keys, root, ref state, ref grants);
            state.Save(keys, root);
        }
    }

    /// <summary>What was taken, and whether there is more to take.</summary>
    public static (IReadOnlyList<HoldDescription> Taken, bool More) Read(in EngineAnswer answer)
    {
        if (!Reply.IsDone(answer, OperationCode.ForceRelease, out ByteReader body, out RefusalCode refusal))
        {
            throw Reply.Unexpected(OperationCode.ForceRelease, refusal);
        }

        bool more = body.ReadByte() != 0;
        var taken = new List<HoldDescription>();
        while (body.Remaining > 0)
        {
            taken.Add(HoldDescription.Read(ref body));
        }

        return (taken, more);
    }

    /// <summary>Takes them before anything is granted: what is granted here is not taken in the same run.</summary>
    private static int Take(
        IKeyspace keys, ReadOnlySpan<byte> root, long token, ref HoldRoot state, ByteWriter list, out bool more)
    {
        Span<byte> prefixBytes = stackalloc byte[HoldKey.BytesMax];
        Span<byte> keyBytes = stackalloc byte[HoldKey.BytesMax];
        ReadOnlySpan<byte> prefix = HoldKey.Prefix(prefixBytes, RecordKind.Hold, root);
        scoped ReadOnlySpan<byte> after = prefix;
        int taken = 0;
        for (int looks = 0; keys.TryNext(prefix, after, out RecordView hold); looks++)
        {
            if (taken == TakenPerRunMax || (taken > 0 && looks == LooksMax))
            {
                more = true;
                return taken;
            }

            if (looks == LooksMax)
            {
                throw new InvalidOperationException($"None of the first {LooksMax} holds has this token.");
            }

            hold.Key.CopyTo(keyBytes);
            after = keyBytes[..hold.Key.Length];
            if (token == 0 || token == hold.CreateRevision)
            {
                HoldDescription.Write(list, hold);
                NamedHolds.Take(keys, after, hold, ref state);
                taken++;
            }
        }

        more = false;
        return taken;
    }
}

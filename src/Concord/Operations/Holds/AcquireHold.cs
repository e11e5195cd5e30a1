using Concord.Encoding;
using Concord.Engines;

namespace Concord.Operations.Holds;

/// <summary>
/// Asks for a hold of a lock, an election, a semaphore or a group: granted at once if it may be and nobody stands in
/// line, otherwise in line, or refused as busy. Arguments: root, flags, initial limit (of a semaphore that does not
/// exist yet; zero for all others), terms. Answers with a <see cref="ClaimAnswer"/>.
/// </summary>
internal static class AcquireHold
{
    /// <summary>Who comes when so many stand in line is refused: nobody waits for ever behind a line like that, and
    /// records are memory.</summary>
    public const int LineMax = 100_000;

    private const byte NoWait = 1;

    /// <param name="root">A lock, an election, a semaphore or a group.</param>
    /// <param name="mode">Exclusive for an election, shared for a semaphore and a group.</param>
    /// <param name="count">How many permits of a semaphore; one of anything else.</param>
    /// <param name="initialLimit">The limit of a semaphore that does not exist yet; zero for anything else.</param>
    /// <param name="waits">False: refused with <see cref="RefusalCode.Busy"/> rather than in line.</param>
    /// <param name="process">Who asks, for people; of what is too long the beginning is kept.</param>
    public static ReadOnlyMemory<byte> Arguments(
        ReadOnlySpan<byte> root, HoldMode mode, int count, int initialLimit, bool waits, string process)
    {
        Span<byte> name = stackalloc byte[HoldTerms.ProcessBytesMax];
        System.Text.Unicode.Utf8.FromUtf16(process, name, out _, out int nameBytes, replaceInvalidSequences: true);
        var arguments = new ByteWriter(root.Length + HoldTerms.BytesMax + 16);
        arguments.WriteBytes(root);
        arguments.WriteByte(waits ? (byte)0 : NoWait);
        arguments.WriteInt32(initialLimit);
        new HoldTerms { Mode = mode, Count = count, Process = name[..nameBytes] }.Write(arguments);
        return arguments.WrittenMemory;
    }

    public static void Run(
        ref ByteReader arguments, in OperationContext context, IKeyspace keys, OperationAnswer answer)
    {
        if (!RootArgument.TryReadNamed(ref arguments, context, answer, out ReadOnlySpan<byte> root))
        {
            return;
        }

        byte flags = arguments.ReadByte();
        int initialLimit = arguments.ReadInt32();
        HoldTerms terms = HoldTerms.Read(arguments.Rest);
        RecordKind kind = RecordKey.KindOf(root);
        HoldPolicy.Check(kind, terms, initialLimit);
        if (flags > NoWait || context.Request.Session.IsNone)
        {
            throw new MalformedDataException("Malformed data: a hold is asked for by a session, with known flags.");
        }

        HoldRoot state = HoldRoot.Read(keys, root);
        if (!state.Exists)
        {
            state.Limit = initialLimit;
        }

        if (kind == RecordKind.Semaphore && terms.Count > state.Limit)
        {
            Reply.Refuse(answer, RefusalCode.LimitExceeded).WriteInt32(state.Limit);
        }
        else if (state.Waiting == 0 && HoldPolicy.Fits(kind, state, terms))
        {
            ByteWriter hold = NamedHolds.Grant(
                keys, root, context.Request.Session, context.Request.Sequence, terms, ref state);
            state.Save(keys, root);
            ClaimAnswer.Grant(answer, OperationCode.Acquire, hold.Written);
        }
        else if (flags == NoWait)
        {
            Reply.Refuse(answer, RefusalCode.Busy);
        }
        else if (state.Waiting >= LineMax)
        {
            Reply.Refuse(answer, RefusalCode.LineFull).WriteInt32(state.Waiting);
        }
        else
        {
            HoldLine.Append(
                keys, root, context.Request.Session, context.Request.Sequence, state.Joined(), arguments.Rest);
            state.Save(keys, root);
            ClaimAnswer.Wait(answer, OperationCode.Acquire);
        }
    }
}

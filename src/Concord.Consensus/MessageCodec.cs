using System.Buffers.Binary;

namespace Concord.Consensus;

/// <summary>
/// Messages as bytes: a fixed head, then the entries. Little-endian. The frame around it carries version, length and
/// checksum; here every length is still checked, because authenticated input must not crash a node either.
/// </summary>
public static class MessageCodec
{
    // kind 1, flags 1, from 2, to 2, stamp 8, index 8, logStamp 8, commit 8, hint 8, readSequence 8, entryCount 4,
    // entryBytes 4
    private const int HeadBytes = 62;
    private const byte RejectedFlag = 1;
    private const byte TransferFlag = 2;
    private const byte ImpairedFlag = 4;
    private const byte ReferenceFlag = 8;
    private const byte Flags = RejectedFlag | TransferFlag | ImpairedFlag | ReferenceFlag;

    // A term rises by one per election: one beyond this was never reached, and taking it would leave no room above.
    private const ulong TermMax = 1UL << 47;

    /// <summary>How many bytes <see cref="Write"/> needs.</summary>
    public static int Measure(in Message message, LogBuffer log)
    {
        ArgumentNullException.ThrowIfNull(log);
        return HeadBytes + EntryCodec.Measure(message.Entries, log, message.ByReference);
    }

    /// <summary>Writes the message with its entries.</summary>
    /// <param name="message">The message.</param>
    /// <param name="log">The log that <see cref="Message.Entries"/> refers to.</param>
    /// <param name="target">At least as long as <see cref="Measure"/> said.</param>
    /// <returns>How many bytes were written.</returns>
    public static int Write(in Message message, LogBuffer log, Span<byte> target)
    {
        ArgumentNullException.ThrowIfNull(log);
        target[0] = (byte)message.Kind;
        target[1] = (byte)((message.Rejected ? RejectedFlag : 0) | (message.IsTransfer ? TransferFlag : 0)
            | (message.IsImpaired ? ImpairedFlag : 0) | (message.ByReference ? ReferenceFlag : 0));
        BinaryPrimitives.WriteUInt16LittleEndian(target[2..], message.From.Value);
        BinaryPrimitives.WriteUInt16LittleEndian(target[4..], message.To.Value);
        BinaryPrimitives.WriteUInt64LittleEndian(target[6..], message.Stamp.Value);
        BinaryPrimitives.WriteUInt64LittleEndian(target[14..], message.Index.Value);
        BinaryPrimitives.WriteUInt64LittleEndian(target[22..], message.LogStamp.Value);
        BinaryPrimitives.WriteUInt64LittleEndian(target[30..], message.Commit.Value);
        BinaryPrimitives.WriteUInt64LittleEndian(target[38..], message.Hint.Value);
        BinaryPrimitives.WriteUInt64LittleEndian(target[46..], message.ReadSequence);
        BinaryPrimitives.WriteInt32LittleEndian(target[54..], message.Entries.Count);
        int entryBytes = EntryCodec.Write(message.Entries, log, target[HeadBytes..], message.ByReference);
        BinaryPrimitives.WriteInt32LittleEndian(target[58..], entryBytes);
        return HeadBytes + entryBytes;
    }

    /// <summary>Reads a message.</summary>
    /// <param name="source">Exactly one message.</param>
    /// <param name="message">The message; its entries are numbered from <see cref="Message.Index"/> + 1.</param>
    /// <param name="entries">Its entries, over <paramref name="source"/>.</param>
    /// <returns>False when the bytes are not a message; then nothing may be done with them.</returns>
    public static bool TryRead(ReadOnlySpan<byte> source, out Message message, out EntryReader entries)
    {
        message = default;
        entries = default;
        if (source.Length < HeadBytes
            || source[0] is < (byte)MessageKind.RequestVote or > (byte)MessageKind.LearnReply
            || (source[1] & ~Flags) != 0)
        {
            return false;
        }

        int entryCount = BinaryPrimitives.ReadInt32LittleEndian(source[54..]);
        int entryBytes = BinaryPrimitives.ReadInt32LittleEndian(source[58..]);
        message.Kind = (MessageKind)source[0];
        message.Rejected = (source[1] & RejectedFlag) != 0;
        message.IsTransfer = (source[1] & TransferFlag) != 0;
        message.IsImpaired = (source[1] & ImpairedFlag) != 0;
        message.ByReference = (source[1] & ReferenceFlag) != 0;
        message.From = new(BinaryPrimitives.ReadUInt16LittleEndian(source[2..]));
        message.To = new(BinaryPrimitives.ReadUInt16LittleEndian(source[4..]));
        message.Stamp = new(BinaryPrimitives.ReadUInt64LittleEndian(source[6..]));
        message.Index = new(BinaryPrimitives.ReadUInt64LittleEndian(source[14..]));
        message.LogStamp = new(BinaryPrimitives.ReadUInt64LittleEndian(source[22..]));
        message.Commit = new(BinaryPrimitives.ReadUInt64LittleEndian(source[30..]));
        message.Hint = new(BinaryPrimitives.ReadUInt64LittleEndian(source[38..]));
        message.ReadSequence = BinaryPrimitives.ReadUInt64LittleEndian(source[46..]);
        message.Entries = new(message.Index + 1, entryCount);
        return (entryCount == 0 || CarriesEntries(message.Kind))
            && (!message.ByReference || message.Kind == MessageKind.Accept)
            && message.Stamp.Term <= TermMax
            && entryBytes == source.Length - HeadBytes
            && EntryReader.TryCreate(
                source[HeadBytes..],
                entryCount,
                out entries,
                gaps: message.Kind == MessageKind.Promise,
                references: message.ByReference)
            && StampsFit(message, entries);
    }

    private static bool CarriesEntries(MessageKind kind) => kind is MessageKind.Append or MessageKind.Accept
        or MessageKind.Promise or MessageKind.LearnReply;

    private static bool StampsFit(in Message message, EntryReader entries)
    {
        // In Raft stamps never fall along a log. In Multi-Paxos they do; nothing is accepted beyond what is promised.
        bool rise = message.Kind == MessageKind.Append;
        Stamp last = rise ? message.LogStamp : Stamp.None;
        bool fit = last <= message.Stamp;
        while (entries.TryRead(out Stamp stamp, out _, out _))
        {
            fit &= stamp <= message.Stamp && (!rise || (stamp >= last && entries.Origin == stamp));
            last = stamp;
        }

        return fit;
    }
}

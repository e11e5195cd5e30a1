namespace Concord.Consensus.Tests;

/// <summary>What other replicas say to n1.</summary>
internal static class Say
{
    public static ReadOnlySpan<byte> Payload => "value"u8;

    public static Message RequestVote(int from, ulong term, ulong last = 0, ulong lastTerm = 0) =>
        Message(MessageKind.RequestVote, from, term) with { Index = new(last), LogStamp = Stamp.FromTerm(lastTerm) };

    public static Message Vote(int from, ulong term) => Message(MessageKind.RequestVoteReply, from, term);

    public static Message NoVote(int from, ulong term) => Vote(from, term) with { Rejected = true };

    public static Message Append(int from, ulong term, ulong previous = 0, ulong previousTerm = 0, ulong commit = 0) =>
        Message(MessageKind.Append, from, term) with
        {
            Index = new(previous),
            LogStamp = Stamp.FromTerm(previousTerm),
            Commit = new(commit),
        };

    public static Message Accepted(int from, ulong term, ulong match) =>
        Message(MessageKind.AppendReply, from, term) with { Index = new(match) };

    public static Message Refused(int from, ulong term, ulong previous, ulong hint) =>
        Accepted(from, term, previous) with { Rejected = true, Hint = new(hint) };

    public static Message Heartbeat(int from, ulong term, ulong commit = 0, ulong read = 0) =>
        Message(MessageKind.Heartbeat, from, term) with { Commit = new(commit), ReadSequence = read };

    public static Message HeartbeatReply(int from, ulong term, ulong read = 0) =>
        Message(MessageKind.HeartbeatReply, from, term) with { ReadSequence = read };

    public static Message InstallSnapshot(int from, ulong term, ulong index, ulong indexTerm) =>
        Message(MessageKind.InstallSnapshot, from, term) with { Index = new(index), LogStamp =
            Stamp.FromTerm(indexTerm) };

    /// <summary>Would n1 vote for <paramref name="from"/> in <paramref name="term"/>?</summary>
    public static Message PreVote(int from, ulong term, ulong last = 0, ulong lastTerm = 0, ulong number = 0) =>
        RequestVote(from, term, last, lastTerm) with { Kind = MessageKind.PreVote, ReadSequence = number };

    public static Message PreVoteGranted(int from, ulong term, ulong number = 0) =>
        Message(MessageKind.PreVoteReply, from, term) with { ReadSequence = number };

    /// <summary>A refusal tells the own term and the last entry, and whether its sender leads: n2 does, unless told
    /// otherwise.</summary>
    public static Message PreVoteRefused(int from, ulong term, ulong last = 0, ulong number = 0, bool? leads = null) =>
        PreVoteGranted(from, term, number) with
        {
            Rejected = true,
            Index = new(last),
            LogStamp = leads ?? from == 2 ? Stamp.FromTerm(term) : Stamp.None,
        };

    public static Message TimeoutNow(int from, ulong term, ulong last = 0, ulong lastTerm = 0) =>
        RequestVote(from, term, last, lastTerm) with { Kind = MessageKind.TimeoutNow };

    public static Message ReadIndex(int from, ulong term, ulong number) =>
        Message(MessageKind.ReadIndex, from, term) with { ReadSequence = number };

    public static Message ReadIndexReply(int from, ulong term, ulong number, ulong index) =>
        Message(MessageKind.ReadIndexReply, from, term) with { ReadSequence = number, Index = new(index) };

    /// <summary>Gives <paramref name="core"/> a message as the wire would: encoded and decoded, with its
    /// entries.</summary>
    public static void Deliver(
        IReplicatedLog core, Message message, TimeSpan now, params ReadOnlySpan<ulong> entryTerms)
    {
        var sender = new LogBuffer(message.Index, message.LogStamp);
        foreach (ulong term in entryTerms)
        {
            sender.Append(Stamp.FromTerm(term), EntryKind.Command, Payload);
        }

        Deliver(core, message, now, sender);
    }

    /// <summary>Gives <paramref name="core"/> a message with all entries of <paramref name="sender"/>.</summary>
    public static void Deliver(IReplicatedLog core, Message message, TimeSpan now, LogBuffer sender)
    {
        message.Entries = new(message.Index + 1, sender.Count);
        byte[] bytes = new byte[MessageCodec.Measure(message, sender)];
        MessageCodec.Write(message, sender, bytes);
        Assert.True(MessageCodec.TryRead(bytes, out Message received, out EntryReader entries));
        core.Step(received, entries, now);
    }

    private static Message Message(MessageKind kind, int from, ulong term) => new()
    {
        Kind = kind,
        From = new((ushort)from),
        To = new(1),
        Stamp = Stamp.FromTerm(term),
    };
}

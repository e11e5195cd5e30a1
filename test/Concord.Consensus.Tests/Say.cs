using Concord.Consensus.Raft;

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

    /// <summary>Gives <paramref name="core"/> a message as the wire would: encoded and decoded, with its
    /// entries.</summary>
    public static void Deliver(RaftCore core, Message message, TimeSpan now, params ReadOnlySpan<ulong> entryTerms)
    {
        var sender = new LogBuffer(message.Index, message.LogStamp);
        foreach (ulong term in entryTerms)
        {
            sender.Append(Stamp.FromTerm(term), EntryKind.Command, Payload);
        }

        message.Entries = new(message.Index + 1, entryTerms.Length);
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

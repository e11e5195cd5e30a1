using Concord.Consensus;
using Concord.Simulation.Pictures;

namespace Concord.Simulation.Tests.Pictures;

/// <summary>What a message says in words; each was written and read by the real codec.</summary>
public sealed class MessageWordsTests
{
    private static readonly Stamp s_first = Stamp.FromBallot(1, new(1));
    private static readonly Stamp s_second = Stamp.FromBallot(2, new(3));

    [Fact]
    public void A_stamp_is_printed_as_what_it_is()
    {
        Message vote = new() { Kind = MessageKind.RequestVote, Stamp = Stamp.FromTerm(3) };
        Assert.Contains("in t3.", Said(vote).Full, StringComparison.Ordinal);
        Message refusal = new() { Kind = MessageKind.HeartbeatReply, Rejected = true, Stamp = Stamp.FromTerm(3) };
        Assert.Equal("your term is over", Said(refusal).Brief);
        refusal.Stamp = s_second;
        Assert.Equal("your ballot is over", Said(refusal).Brief);
        Assert.Contains("b2.3", Said(refusal).Full, StringComparison.Ordinal);
        Assert.Equal(
            "would you promise?", Said(new() { Kind = MessageKind.PreVote, Stamp = s_second }).Brief);
    }

    [Fact]
    public void A_promise_tells_what_was_accepted_where_nothing_was_and_whether_that_is_all()
    {
        Message promise = new()
        {
            Kind = MessageKind.Promise, Stamp = s_second, Index = new(1), Hint = new(4), Entries = new(new(2), 3),
        };
        Assert.Equal("promised; 2–4 {b1.1 – b1.1→b2.3 ∅}", Said(promise).Brief);
        Assert.Contains("lower than b2.3", Said(promise).Full, StringComparison.Ordinal);
        Assert.DoesNotContain("more up to", Said(promise).Full, StringComparison.Ordinal);
        promise.Entries = new(new(2), 1);
        Assert.Equal("promised; 2 {b1.1} …", Said(promise).Brief);
        Assert.Contains("more up to 4", Said(promise).Full, StringComparison.Ordinal);
        promise.Entries = default;
        Assert.Equal("promised; nothing to tell", Said(promise).Brief);
        promise.Rejected = true;
        Assert.Equal("no promise", Said(promise).Brief);
    }

    [Fact]
    public void A_value_that_is_proposed_again_is_told_by_its_first_ballot_and_maybe_only_by_name()
    {
        Message accept = new()
        {
            Kind = MessageKind.Accept, Stamp = s_second, Index = new(3), Entries = new(new(4), 1), Commit = new(3),
        };
        Assert.Equal("accept 4 {b1.1→b2.3 ∅}", Said(accept).Brief);
        Assert.Contains("proposed first", Said(accept).Full, StringComparison.Ordinal);
        accept.ByReference = true;
        Assert.Equal("accept 4 that you hold {b1.1→b2.3 ∅}", Said(accept).Brief);
        Assert.Contains("only by name", Said(accept).Full, StringComparison.Ordinal);
        accept = new() { Kind = MessageKind.Accept, Stamp = s_second, Index = new(3) };
        Assert.Equal("what do you lack?", Said(accept).Brief);
    }

    [Theory]
    [InlineData(MessageKind.Prepare, false, "promise me b2.3?")]
    [InlineData(MessageKind.Accepted, false, "accepted to 3")]
    [InlineData(MessageKind.Accepted, true, "missing behind 3")]
    [InlineData(MessageKind.Learn, false, "what is chosen behind 3?")]
    public void Every_other_message_has_words_of_its_own(MessageKind kind, bool rejected, string brief)
    {
        (string said, string full) = Said(new() { Kind = kind, Stamp = s_second, Index = new(3), Rejected = rejected });
        Assert.Equal(brief, said);
        Assert.EndsWith(".", full, StringComparison.Ordinal);
    }

    [Fact]
    public void No_kind_of_message_is_without_words() => Assert.All(Enum.GetValues<MessageKind>(), static kind =>
    {
        (string brief, string full) = Said(new() { Kind = kind, Stamp = s_second, Entries = EntriesOf(kind) });
        Assert.NotEqual(kind.ToString(), brief);
        Assert.DoesNotContain("->", full, StringComparison.Ordinal);
    });

    private static LogRange EntriesOf(MessageKind kind) => kind is MessageKind.LearnReply ? new(new(2), 1) : default;

    private static (string Brief, string Full) Said(Message message)
    {
        var log = new LogBuffer();
        log.Put(new(1), s_first, s_first, EntryKind.NoOp, []);
        log.Put(new(2), s_first, s_first, EntryKind.Command, [1]);
        log.Put(new(4), s_second, s_first, EntryKind.NoOp, []);
        (message.From, message.To) = (new(1), new(2));
        byte[] bytes = new byte[MessageCodec.Measure(message, log)];
        MessageCodec.Write(message, log, bytes);
        Assert.True(MessageCodec.TryRead(bytes, out Message read, out EntryReader entries));
        string stamps = MessageWords.Stamps(entries);
        return (MessageWords.Brief(read, stamps), MessageWords.Full(read, stamps));
    }
}

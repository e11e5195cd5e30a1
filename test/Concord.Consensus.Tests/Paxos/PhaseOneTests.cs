using Concord.Consensus.Paxos;

namespace Concord.Consensus.Tests.Paxos;

/// <summary>What a candidate asks, and what it makes of the answers.</summary>
public sealed class PhaseOneTests
{
    private static readonly NodeId s_n2 = new(2);

    [Fact]
    public void Of_the_values_told_the_one_of_the_highest_ballot_is_proposed_under_the_new_one()
    {
        var candidate = new PaxosReplica("3.3", "2.3", voters: 5);
        candidate.TimesOut();

        candidate.Hears(Tell.Promise(4, "4.1", last: 2), "3.3 1.2");
        candidate.Hears(Tell.Promise(2, "4.1", last: 2), "1.2 2.2");

        Assert.Equal(Role.Leader, candidate.Role);
        Assert.Equal("4.1/3.3 4.1/2.2 4.1-", candidate.Log);
        Assert.Equal("3.3", System.Text.Encoding.ASCII.GetString(candidate.Core.Log.PayloadAt(new(1))));
    }

    /// <summary>The ballot that counts is the one it was accepted under last, not the one that the value is
    /// from.</summary>
    [Fact]
    public void A_value_that_was_proposed_again_counts_by_its_last_ballot()
    {
        var candidate = new PaxosReplica("3.3", voters: 5);
        candidate.TimesOut();

        candidate.Hears(Tell.Promise(2, "4.1", last: 1), "3.3/1.2");
        candidate.Hears(Tell.Promise(3, "4.1", last: 1), "2.2");

        Assert.Equal("4.1/1.2 4.1-", candidate.Log);
    }

    [Fact]
    public void One_promise_short_of_a_quorum_is_not_enough()
    {
        var candidate = new PaxosReplica(voters: 5);
        candidate.TimesOut();

        candidate.Hears(Tell.Promise(2, "1.1"));
        candidate.Hears(Tell.Promise(2, "1.1"));
        Assert.Equal(Role.Candidate, candidate.Role);
        candidate.Hears(Tell.Promise(3, "1.1"));
        Assert.Equal(Role.Leader, candidate.Role);
    }

    [Fact]
    public void Who_is_no_voter_promises_nothing_that_counts()
    {
        var candidate = new PaxosReplica(membership: new([new(1), new(2), new(3)], [new(4)]));
        candidate.TimesOut();

        candidate.Hears(Tell.Promise(4, "1.1"));
        candidate.Hears(Tell.Promise(5, "1.1"));

        Assert.Equal(Role.Candidate, candidate.Role);
    }

    [Fact]
    public void A_refusal_or_an_impaired_replicas_promise_does_not_count()
    {
        var candidate = new PaxosReplica();
        candidate.TimesOut();

        candidate.Hears(Tell.NoPromise(2, "1.1"));
        candidate.Hears(Tell.Promise(3, "1.1") with { IsImpaired = true });

        Assert.Equal(Role.Candidate, candidate.Role);
    }

    /// <summary>An earlier write says nothing of the ballot.</summary>
    [Fact]
    public void The_own_promise_counts_when_it_is_durable()
    {
        var candidate = new PaxosReplica(voters: 1) { DiskIsSlow = true };
        candidate.Hears(Tell.Heartbeat("2.2"));
        ulong earlier = candidate.Writes[^1].Sequence;
        candidate.TimesOut();

        candidate.DiskCompletes(earlier);
        Assert.Equal(Role.Candidate, candidate.Role);
        candidate.DiskCompletes();
        Assert.Equal(Role.Leader, candidate.Role);
    }

    /// <summary>The smaller a commit, the more must promise.</summary>
    [Fact]
    public void With_a_smaller_commit_more_must_promise()
    {
        Membership membership = new(Enumerable.Range(1, 4).Select(static n => new NodeId((ushort)n)), commitSize: 2);
        var candidate = new PaxosReplica(membership: membership);
        candidate.TimesOut();

        candidate.Hears(Tell.Promise(2, "1.1"));
        Assert.Equal(Role.Candidate, candidate.Role);
        candidate.Hears(Tell.Promise(3, "1.1"));
        Assert.Equal(Role.Leader, candidate.Role);
        candidate.Hears(Tell.Accepted(4, "1.1", 1));
        Assert.Equal(1UL, candidate.Commit);
    }

    /// <summary>A promise that does not fit into a message comes in pieces, and counts when all of it is
    /// there.</summary>
    [Fact]
    public void A_promise_in_pieces_counts_when_it_is_whole()
    {
        var candidate = new PaxosReplica("2.2");
        candidate.TimesOut();

        Message more = Assert.Single(candidate.Hears(Tell.Promise(2, "3.1", last: 3), "2.2"));
        Assert.Equal((MessageKind.Prepare, s_n2, 1UL), (more.Kind, more.To, more.Index.Value));
        Assert.Equal(Role.Candidate, candidate.Role);

        candidate.Hears(Tell.Promise(2, "3.1", last: 3), "2.2");
        Assert.Equal(Role.Candidate, candidate.Role);

        candidate.Hears(Tell.Promise(2, "3.1", behind: 1, last: 3), "2.2 2.2");
        Assert.Equal("3.1/2.2 3.1/2.2 3.1/2.2 3.1-", candidate.Log);
    }

    [Fact]
    public void A_replica_tells_its_promise_in_pieces_that_fit()
    {
        var replica = new PaxosReplica("2.2", "2.2 _ 2.2", with: static with => with with { AppendBytesMax = 1 });

        Message first = Assert.Single(replica.Hears(Tell.Prepare("3.3")));
        Message second = Assert.Single(replica.Hears(Tell.Prepare("3.3", behind: 1)));
        Message third = Assert.Single(replica.Hears(Tell.Prepare("3.3", behind: 2)));

        Assert.Equal(["2.2", "_", "2.2"], [replica.Text(first), replica.Text(second), replica.Text(third)]);
        Assert.All([first, second, third], static piece => Assert.Equal(3UL, piece.Hint.Value));
    }

    [Fact]
    public void A_question_that_was_lost_is_asked_again_where_it_was()
    {
        var candidate = new PaxosReplica("2.2");
        candidate.TimesOut();
        candidate.Hears(Tell.Promise(2, "3.1", last: 3), "2.2");
        TimeSpan almost = HostedReplica.HeartbeatInterval - TimeSpan.FromTicks(1);

        Assert.Empty(candidate.Waits(almost));
        IReadOnlyList<Message> again = candidate.Waits(TimeSpan.FromTicks(1));

        Assert.Equal(
            [(MessageKind.Prepare, 2, 1UL), (MessageKind.Prepare, 3, 0UL)],
            again.Select(static said => (said.Kind, (int)said.To.Value, said.Index.Value)));
    }

    /// <summary>Whoever asks under a ballot that is not its own is refused: two could use it.</summary>
    [Fact]
    public void A_ballot_is_promised_to_its_owner_alone()
    {
        var replica = new PaxosReplica("2.2");

        Message reply = Assert.Single(replica.Hears(Tell.Prepare("3.2") with { From = new(3) }));

        Assert.True(reply.Rejected);
    }

    /// <summary>A late question is answered again: the first answer may have been lost. A newer ballot ends
    /// it.</summary>
    [Fact]
    public void A_promise_is_told_again_until_a_newer_ballot_comes()
    {
        var replica = new PaxosReplica { DiskIsSlow = true };
        replica.Hears(Tell.Prepare("1.2"));
        replica.Hears(Tell.Prepare("1.2"));
        replica.Hears(Tell.Prepare("2.3"));

        Message promise = Assert.Single(
            replica.DiskCompletes(), static said => said.Kind == MessageKind.Promise && !said.Rejected);

        Assert.Equal((Tell.Ballot("2.3"), new NodeId(3)), (promise.Stamp, promise.To));
    }

    /// <summary>Once all that was found is committed, the rest of a promise that still comes in says nothing
    /// new.</summary>
    [Fact]
    public void A_piece_of_what_is_committed_by_now_is_passed_over()
    {
        var phase = new PhaseOne(LogIndex.Zero);
        phase.AskFrom(s_n2, LogIndex.Zero);
        Take(phase, Tell.Promise(2, "5.1", last: 4), "1.2");

        phase.ForgetValues(new(3));
        Take(phase, Tell.Promise(2, "5.1", behind: 1, last: 4), "1.2 1.2 2.3", committed: 3);

        Assert.True(phase.HasPromised(s_n2));
        Assert.Equal((3UL, 4UL), (phase.Values.Base.Value, phase.Values.Last.Value));
        Assert.True(phase.HasTold(s_n2, new(4), Tell.Ballot("2.3")));
        Assert.False(phase.HasTold(s_n2, new(1), Tell.Ballot("1.2")));
        Assert.False(phase.HasTold(s_n2, new(4), Tell.Ballot("1.2")));
    }

    [Fact]
    public void What_was_told_counts_by_its_place_and_its_origin()
    {
        var phase = new PhaseOne(new(2));
        phase.AskFrom(s_n2, new(2));
        Take(phase, Tell.Promise(2, "5.1", behind: 2, last: 5), "4.2/1.2 _ 2.3");

        Assert.True(phase.HasTold(s_n2, new(3), Tell.Ballot("1.2")));
        Assert.True(phase.HasTold(s_n2, new(5), Tell.Ballot("2.3")));
        Assert.False(phase.HasTold(s_n2, new(3), Tell.Ballot("4.2")));
        Assert.False(phase.HasTold(s_n2, new(2), Tell.Ballot("1.2")));
        Assert.False(phase.HasTold(s_n2, new(6), Tell.Ballot("2.3")));
        Assert.False(phase.HasTold(new(3), new(3), Tell.Ballot("1.2")));
        phase.ForgetTold(s_n2);
        Assert.False(phase.HasTold(s_n2, new(3), Tell.Ballot("1.2")));
    }

    /// <summary>Who has let go by now what was not committed when it was first asked is asked from what is.</summary>
    [Fact]
    public void A_question_that_is_repeated_leaves_out_what_is_committed_by_now()
    {
        var phase = new PhaseOne(LogIndex.Zero);
        Assert.Equal(1UL, phase.AskFrom(s_n2, new(1)).Value);
        Assert.Equal(4UL, phase.AskFrom(s_n2, new(4)).Value);
        Assert.Equal(4UL, phase.AskFrom(s_n2, new(3)).Value);
        Take(phase, Tell.Promise(2, "5.1", behind: 4, last: 5, commit: 4), "1.2");

        Assert.True(phase.HasTold(s_n2, new(5), Tell.Ballot("1.2")));
    }

    /// <summary>The answer to the question before comes after all: what it tells beyond is taken.</summary>
    [Fact]
    public void A_piece_that_begins_before_what_is_asked_for_by_now_counts_from_there()
    {
        var phase = new PhaseOne(LogIndex.Zero);
        phase.AskFrom(s_n2, new(1));
        phase.AskFrom(s_n2, new(3));

        Take(phase, Tell.Promise(2, "5.1", behind: 1, last: 5, commit: 3), "1.2 1.2 4.3/2.2 2.3");

        Assert.True(phase.HasPromised(s_n2));
        Assert.True(phase.HasTold(s_n2, new(4), Tell.Ballot("2.2")));
        Assert.True(phase.HasTold(s_n2, new(5), Tell.Ballot("2.3")));
    }

    private static void Take(PhaseOne phase, Message message, string entries, ulong committed = 0)
    {
        LogBuffer sender = Tell.Entries(new(message.Index), entries);
        message.Entries = new(sender.First, sender.Count);
        byte[] bytes = new byte[MessageCodec.Measure(message, sender)];
        MessageCodec.Write(message, sender, bytes);
        Assert.True(MessageCodec.TryRead(bytes, out Message received, out EntryReader reader));
        Assert.True(phase.Take(received, reader, new(committed)));
    }
}

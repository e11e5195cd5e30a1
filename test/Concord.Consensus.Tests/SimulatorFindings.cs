namespace Concord.Consensus.Tests;

/// <summary>What the simulator found in this core, each in its shortest form. All of them kept a group from ever
/// getting well.</summary>
public sealed class SimulatorFindings
{
    private static readonly NodeId s_self = new(1);
    private static readonly NodeId s_other = new(2);

    /// <summary>The old voters need the log of the one that goes; it does not go before its going is
    /// committed.</summary>
    [Fact]
    [Section("thesis 4.2.2")]
    public void A_voter_that_goes_stands_until_that_is_committed()
    {
        var replica = new Replica(1, membership: new([s_self, s_other]), commit: 1, fill: FillWithRemoval);
        Assert.Equal(Role.Follower, replica.Role);

        IReadOnlyList<Message> said = replica.TimesOut();
        Assert.Equal("n1->n2 RequestVote t2 last=2@t1", Assert.Single(said).ToString());
        replica.Hears(Say.Vote(2, 2));
        Assert.Equal(Role.Leader, replica.Role);

        // Its going is committed by those who stay, and only then it is gone.
        replica.Hears(Say.Accepted(2, 2, 3));
        Assert.Equal(3UL, replica.Commit);
        Assert.Equal(Role.Learner, replica.Role);
    }

    [Fact]
    [Section("thesis 4.2.2")]
    public void A_voter_that_is_gone_does_not_stand()
    {
        var replica = new Replica(1, membership: new([s_self, s_other]), commit: 2, fill: FillWithRemoval);
        Assert.Empty(replica.TimesOut());
        Assert.Equal(Role.Learner, replica.Role);
    }

    /// <summary>A grant carries neither the leader's term nor its place, and an impaired replica waits for
    /// both.</summary>
    [Fact]
    public void A_leader_tells_an_impaired_replica_where_it_stands_instead_of_encouraging_it()
    {
        Replica leader = Replica.Leading(term: 2, log: [1, 1]);
        Message survey = new()
        {
            Kind = MessageKind.PreVote,
            From = s_other,
            To = s_self,
            Stamp = Stamp.FromTerm(3),
            Index = new(3),
            LogStamp = Stamp.FromTerm(2),
            ReadSequence = 99,
            IsImpaired = true,
        };

        Message answer = Assert.Single(leader.Hears(survey));

        Assert.True(answer.Rejected, "who is impaired does not stand");
        Assert.Equal((2UL, 3UL, 99UL), (answer.Stamp.Term, answer.Index.Value, answer.ReadSequence));
        Assert.Equal(2UL, answer.LogStamp.Term);
    }

    /// <summary>Whoever led and fell may have lost what others had acknowledged to it: how far one must catch up, only
    /// a leader says.</summary>
    [Fact]
    public void An_impaired_replica_does_not_take_the_word_of_one_that_leads_no_more()
    {
        var replica = new Replica(2, log: [1, 1], impaired: true);
        replica.Hears(Say.Append(2, 2, 2, 1));
        ulong survey = replica.TimesOut()[0].ReadSequence;
        Assert.NotEqual(0UL, survey);

        replica.Hears(Answer(3, survey, leads: false));
        replica.Hears(Answer(2, survey, leads: false));
        Assert.True(replica.Core.Status.IsImpaired, "nobody who leads has said how far to catch up");

        replica.Hears(Answer(2, survey, leads: true));
        Assert.False(replica.Core.Status.IsImpaired, "all have told their term, and it has what the leader has");
    }

    /// <summary>An impaired follower that lost something again rejects what it acknowledged since the first
    /// loss.</summary>
    [Fact]
    public void A_follower_that_forgets_twice_in_one_term_is_served_again()
    {
        Replica leader = Replica.Leading(term: 2, log: [1, 1, 1]);
        leader.Hears(Say.HeartbeatReply(2, 2) with { IsImpaired = true });
        leader.Hears(Say.Accepted(2, 2, 4) with { IsImpaired = true });
        leader.Proposes(out _);

        IReadOnlyList<Message> said = leader.Hears(Say.Refused(2, 2, 4, hint: 0) with { IsImpaired = true });

        Assert.Equal("n1->n2 Append t2 prev=0@t0 entries=[1..5] commit=0", Assert.Single(said).ToString());
    }

    /// <summary>Those that have recovered count again in a newer term, and only there.</summary>
    [Fact]
    public void A_leader_without_check_quorum_gives_up_when_too_many_have_forgotten()
    {
        Replica leader = Replica.Leading(term: 2);
        leader.Hears(Say.HeartbeatReply(2, 2) with { IsImpaired = true });
        leader.Waits(Replica.HeartbeatInterval);
        Assert.Equal(Role.Leader, leader.Role);

        leader.Hears(Say.HeartbeatReply(3, 2) with { IsImpaired = true });
        leader.Waits(Replica.HeartbeatInterval);
        Assert.Equal(Role.Follower, leader.Role);
    }

    /// <summary>Where the host tells who is alive, a follower that has everything gets no heartbeats, and a lost answer
    /// was never asked for again.</summary>
    [Fact]
    [Section("thesis 6.4")]
    public void A_round_of_reads_is_asked_for_again_in_a_quiet_group_too()
    {
        Replica leader = Replica.Leading(with: static options => options with { HostTellsLiveness = true });
        leader.Hears(Say.Accepted(2, 1, 1));
        leader.Hears(Say.Accepted(2, 1, 1) with { Commit = new(1) });
        leader.Hears(Say.Accepted(3, 1, 1) with { Commit = new(1) });
        Assert.Empty(leader.Waits(Replica.HeartbeatInterval));

        leader.Asks(5);
        IReadOnlyList<Message> again = leader.Waits(Replica.HeartbeatInterval);

        Assert.Equal(2, again.Count(static message => message.Kind == MessageKind.Heartbeat));
        leader.Hears(Say.HeartbeatReply(2, 1, again[0].ReadSequence));
        Assert.False(Assert.Single(leader.Reads).Failed);
    }

    private static Message Answer(int from, ulong survey, bool leads) => new()
    {
        Kind = MessageKind.PreVoteReply,
        From = new((ushort)from),
        To = s_self,
        Stamp = Stamp.FromTerm(2),
        LogStamp = leads ? Stamp.FromTerm(2) : Stamp.None,
        Index = new(2),
        ReadSequence = survey,
        Rejected = true,
    };

    private static void FillWithRemoval(LogBuffer log)
    {
        Membership joint = new Membership([s_self, s_other]).JointWith(new([s_other]));
        log.Append(Stamp.FromTerm(1), EntryKind.Membership, MembershipCodec.Encode(joint));
        log.Append(Stamp.FromTerm(1), EntryKind.Membership, MembershipCodec.Encode(new([s_other])));
    }
}

namespace Concord.Consensus.Tests;

/// <summary>Reads and leases.</summary>
public sealed class PitfallTestsReads
{
    private static readonly TimeSpan s_lease = Replica.ElectionTimeout * 0.8;

    /// <summary>etcd#7331, tikv#9208, redisraft PR22; etcd#11483 dropped them, and clients hung.</summary>
    [Fact]
    [Pitfall(3)]
    public void A_read_before_the_first_commit_of_the_term_waits_and_is_not_dropped()
    {
        var leader = Replica.Leading(term: 2, log: [1, 1], commit: 1);

        leader.Asks(7);
        leader.Hears(Say.HeartbeatReply(2, 2, read: 1));
        Assert.Empty(leader.Reads);
        leader.Hears(Say.Accepted(2, 2, 3));
        leader.Hears(Say.HeartbeatReply(2, 2, read: 1));
        Assert.Equal([new ReadResult(7, new(3), Failed: false)], leader.Reads);
    }

    /// <summary>etcd#20418: a question that was asked again after a pause was answered with the index of
    /// before.</summary>
    [Fact]
    [Pitfall(4)]
    public void A_read_that_is_asked_again_gets_a_round_and_an_index_of_its_own()
    {
        var leader = Replica.Leading();
        leader.Hears(Say.Accepted(2, 1, 1));
        leader.Asks(7);
        leader.Proposes(out _);
        leader.Hears(Say.Accepted(2, 1, 2));
        leader.Asks(7);

        leader.Hears(Say.HeartbeatReply(2, 1, read: 1));
        Assert.Equal([new ReadResult(7, new(1), Failed: false)], leader.Reads);
        leader.Hears(Say.HeartbeatReply(2, 1, read: 2));
        Assert.Equal(new ReadResult(7, new(2), Failed: false), leader.Reads[^1]);
    }

    /// <summary>The same at a follower: what it asks again has a new number, and a late answer to the old number is
    /// nothing.</summary>
    [Fact]
    [Pitfall(4)]
    public void A_follower_never_uses_the_number_of_a_question_again()
    {
        var follower = new Replica(term: 1, log: [1]);
        follower.Hears(Say.Heartbeat(2, 1));
        ulong first = Assert.Single(follower.Asks(7)).ReadSequence;

        ulong second = Assert.Single(follower.Waits(3 * Replica.HeartbeatInterval)).ReadSequence;
        Assert.NotEqual(first, second);
        follower.Hears(Say.ReadIndexReply(2, 1, first, 1));
        Assert.Empty(follower.Reads);
        follower.Hears(Say.ReadIndexReply(2, 1, second, 9));
        Assert.Equal([new ReadResult(7, new(9), Failed: false)], follower.Reads);
    }

    /// <summary>Nor after a restart, where an answer of before may still arrive.</summary>
    [Fact]
    [Pitfall(4)]
    public void Nor_after_a_restart()
    {
        ulong[] numbers = [.. Enumerable.Range(1, 50).Select(static seed =>
        {
            var follower = new Replica(term: 1, log: [1], seed: (ulong)seed);
            follower.Hears(Say.Heartbeat(2, 1));
            return Assert.Single(follower.Asks(7)).ReadSequence;
        })];

        Assert.Distinct(numbers);
    }

    /// <summary>tikv#1593, etcd#12704: whoever was asked to stand may be elected within the promises of the
    /// lease.</summary>
    [Fact]
    [Pitfall(30)]
    public void A_lease_ends_when_the_successor_is_asked_and_does_not_come_back_in_the_term()
    {
        Replica leader = WithLease();
        leader.Hears(Say.Accepted(2, 1, 1));

        leader.Transfers(2);
        Assert.False(ReadsAtOnce(leader));
        for (int i = 0; i < 15; i++)
        {
            Confirm(leader, leader.Waits(Replica.HeartbeatInterval));
        }

        Assert.False(leader.Core.Status.IsTransferring);
        Assert.False(ReadsAtOnce(leader));
    }

    /// <summary>jraft PR#26: the promise runs from when the follower heard, which is after the leader sent.</summary>
    [Fact]
    [Pitfall(31)]
    public void A_lease_counts_from_when_the_round_was_sent()
    {
        Replica leader = WithLease();
        IReadOnlyList<Message> round = leader.Waits(Replica.HeartbeatInterval);
        leader.Waits(s_lease - TimeSpan.FromTicks(1));

        Confirm(leader, round);
        Assert.True(ReadsAtOnce(leader));
        leader.Waits(TimeSpan.FromTicks(1));
        Assert.False(ReadsAtOnce(leader));
    }

    /// <summary>tikv#964: between two ticks a process may be stopped for long. The read itself brings the
    /// time.</summary>
    [Fact]
    [Pitfall(31)]
    public void A_lease_is_checked_against_the_time_of_the_read()
    {
        Replica leader = WithLease();
        Confirm(leader, leader.Waits(Replica.HeartbeatInterval));
        leader.Reads.Clear();

        leader.Core.Read(7, leader.Now + s_lease - TimeSpan.FromTicks(1));
        leader.Settle();
        Assert.Single(leader.Reads);
        leader.Core.Read(8, leader.Now + s_lease);
        leader.Settle();
        Assert.Single(leader.Reads);
    }

    /// <summary>A leader of three with the first commit of its term.</summary>
    private static Replica WithLease()
    {
        var leader = Replica.Leading(with: With.Lease);
        leader.Hears(Say.Accepted(2, 1, 1));
        Assert.False(ReadsAtOnce(leader), "no round was confirmed yet");
        return leader;
    }

    private static void Confirm(Replica leader, IReadOnlyList<Message> round) =>
        leader.Hears(Say.HeartbeatReply(2, 1,
            round.Last(static message => message.Kind == MessageKind.Heartbeat).ReadSequence));

    private static bool ReadsAtOnce(Replica leader)
    {
        int before = leader.Reads.Count;
        leader.Asks(1);
        return leader.Reads.Count > before;
    }
}

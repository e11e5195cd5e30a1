using System.Reflection;

namespace Concord.Consensus.Tests.Paxos;

/// <summary>
/// Mistakes that public implementations of Multi-Paxos made, each kept away by a test that fails without the rule. They
/// are numbered in docs/protocols/paxos.md.
/// </summary>
public sealed class PaxosPitfallTests
{
    private const int Last = 9;

    [Fact]
    public void Every_pitfall_of_the_protocol_has_a_test()
    {
        IEnumerable<int> numbers =
            from type in Assembly.GetExecutingAssembly().GetTypes()
            where type.Namespace == typeof(PaxosPitfallTests).Namespace
            from method in type.GetMethods()
            from pitfall in method.GetCustomAttributes<PaxosPitfallAttribute>()
            where method.GetCustomAttribute<FactAttribute>() is not null
            select pitfall.Number;

        Assert.Equal(Enumerable.Range(1, Last), numbers.Distinct().Order());
    }

    /// <summary>paxi left out what was executed: a candidate that has not got it would take the places for
    /// free.</summary>
    [Fact]
    [PaxosPitfall(1)]
    public void A_promise_names_every_place_that_was_asked_for_chosen_ones_too()
    {
        var replica = new PaxosReplica("2.2", "1.2 1.2 2.2 _ 2.2", commit: 3);

        Message promise = Assert.Single(replica.Hears(Tell.Prepare("3.3", behind: 1)));

        Assert.Equal((MessageKind.Promise, false), (promise.Kind, promise.Rejected));
        Assert.Equal("1.2 2.2 _ 2.2", replica.Text(promise));
        Assert.Equal((1UL, 5UL, 3UL), (promise.Index.Value, promise.Hint.Value, promise.Commit.Value));
    }

    /// <summary>What a snapshot covers is told as such: the promise begins behind it.</summary>
    [Fact]
    [PaxosPitfall(1)]
    public void A_promise_says_what_a_snapshot_covers()
    {
        var replica = new PaxosReplica("2.2", "2.2 2.2 2.2 2.2", commit: 3);
        replica.Core.SnapshotTaken(new(3), retainedEntries: 0);

        Message promise = Assert.Single(replica.Hears(Tell.Prepare("3.3", behind: 1)));

        Assert.Equal((3UL, "2.2"), (promise.Index.Value, replica.Text(promise)));
    }

    /// <summary>The other side: who hears that takes nothing for free, it gives up and fetches the snapshot.</summary>
    [Fact]
    [PaxosPitfall(1)]
    public void A_candidate_that_lacks_what_a_snapshot_covers_fetches_it()
    {
        var candidate = new PaxosReplica();
        candidate.TimesOut();

        candidate.Hears(Tell.Promise(2, "1.1", behind: 3, last: 4, commit: 3), "0.2");
        candidate.Hears(Tell.Promise(3, "1.1"));

        Assert.NotEqual(Role.Leader, candidate.Role);
        Assert.Equal(new NodeId(2), candidate.SnapshotWantedFrom);
    }

    /// <summary>What somebody of the quorum knows to be chosen is learned, not proposed under the new ballot.</summary>
    [Fact]
    [PaxosPitfall(1)]
    public void What_is_known_to_be_chosen_is_not_proposed_again()
    {
        var candidate = new PaxosReplica("2.2");
        candidate.TimesOut();

        candidate.Hears(Tell.Promise(2, "3.1", last: 3, commit: 2), "1.2 2.2 2.2");

        Assert.Equal(Role.Leader, candidate.Role);
        Assert.Equal(2UL, candidate.Commit);
        Assert.Equal("1.2 2.2 3.1/2.2 3.1-", candidate.Log);
    }

    /// <summary>paxi leaves a gap and never executes what lies behind it.</summary>
    [Fact]
    [PaxosPitfall(2)]
    public void Places_that_nobody_has_accepted_anything_in_are_filled()
    {
        var candidate = new PaxosReplica("2.2", "2.2 _ _ 2.2");
        candidate.TimesOut();

        candidate.Hears(Tell.Promise(3, "3.1", last: 6), "_ 1.3 _ _ _ 2.3");

        Assert.Equal("3.1/2.2 3.1/1.3 3.1- 3.1/2.2 3.1- 3.1/2.3 3.1-", candidate.Log);
        candidate.Hears(Tell.Accepted(3, "3.1", 7));
        Assert.Equal(7UL, candidate.Commit);
    }

    /// <summary>frankenpaxos: with nothing told, the next place was the first of all.</summary>
    [Fact]
    [PaxosPitfall(3)]
    public void New_entries_come_behind_everything_chosen_even_if_nothing_was_told()
    {
        var leader = PaxosReplica.Leading(round: 3, log: "2.1 2.1 2.1", commit: 3, promised: "2.1");

        Assert.Equal("2.1 2.1 2.1 3.1-", leader.Log);
        leader.Proposes(out LogIndex index);
        Assert.Equal(5UL, index.Value);
    }

    /// <summary>The own log too: what this replica has accepted alone is as good as what others tell.</summary>
    [Fact]
    [PaxosPitfall(3)]
    public void New_entries_come_behind_what_only_the_candidate_has_accepted()
    {
        var candidate = new PaxosReplica("2.2", "2.2 2.2 2.2");
        candidate.TimesOut();

        candidate.Hears(Tell.Promise(3, "3.1", last: 1), "2.2");

        Assert.Equal("3.1/2.2 3.1/2.2 3.1/2.2 3.1-", candidate.Log);
    }

    /// <summary>MyPaxos#18.</summary>
    [Fact]
    [PaxosPitfall(4)]
    public void Only_a_promise_of_exactly_this_ballot_counts()
    {
        var candidate = new PaxosReplica();
        candidate.TimesOut();
        Assert.Equal("1.1", candidate.Promised);
        candidate.TimesOut();
        Assert.Equal("2.1", candidate.Promised);

        candidate.Hears(Tell.Promise(2, "1.1"));
        candidate.Hears(Tell.Promise(3, "1.1"));
        Assert.Equal(Role.Candidate, candidate.Role);

        candidate.Hears(Tell.Promise(2, "2.1"));
        Assert.Equal(Role.Leader, candidate.Role);
    }

    /// <summary>Neither does a piece of an earlier ballot complete what a later one has begun.</summary>
    [Fact]
    [PaxosPitfall(4)]
    public void Pieces_of_promises_of_two_ballots_do_not_make_one()
    {
        var candidate = new PaxosReplica();
        candidate.TimesOut();
        candidate.TimesOut();

        candidate.Hears(Tell.Promise(2, "2.1", last: 2), "0.2");
        candidate.Hears(Tell.Promise(2, "1.1", behind: 1, last: 2), "0.2");
        Assert.Equal(Role.Candidate, candidate.Role);

        candidate.Hears(Tell.Promise(2, "2.1", behind: 1, last: 2), "0.2");
        Assert.Equal(Role.Leader, candidate.Role);
    }

    [Fact]
    [PaxosPitfall(5)]
    public void A_ballot_is_durable_before_anybody_hears_of_it()
    {
        var candidate = new PaxosReplica("4.2") { DiskIsSlow = true };

        Assert.Empty(candidate.TimesOut());
        Assert.Equal(Tell.Ballot("5.1"), candidate.LastHardState?.Stamp);
        Assert.Equal(
            [MessageKind.Prepare, MessageKind.Prepare], candidate.DiskCompletes().Select(static said => said.Kind));
    }

    /// <summary>Nor is it used a second time after a restart, though nobody answered.</summary>
    [Fact]
    [PaxosPitfall(5)]
    public void A_ballot_is_not_used_again_after_a_restart()
    {
        var candidate = new PaxosReplica();
        candidate.TimesOut();
        Assert.Equal("1.1", candidate.Promised);

        PaxosReplica restarted = candidate.Restarted();
        IReadOnlyList<Message> said = restarted.TimesOut();

        Assert.Equal("2.1", restarted.Promised);
        Assert.All(said, static message => Assert.Equal(Tell.Ballot("2.1"), message.Stamp));
    }

    /// <summary>A log may say more than the hard state: what was accepted was promised.</summary>
    [Fact]
    [PaxosPitfall(5)]
    public void A_ballot_in_the_log_is_promised()
    {
        var replica = new PaxosReplica("1.1", "4.2 3.3");

        Assert.Equal("4.2", replica.Promised);
        Message refusal = Assert.Single(replica.Hears(Tell.Prepare("3.3")));
        Assert.True(refusal.Rejected);
        Assert.Equal(Tell.Ballot("4.2"), refusal.Stamp);
    }

    /// <summary>phxpaxos#33: a place was written while a checkpoint was being restored, and the node did not start any
    /// more. Here what a snapshot covers is neither accepted nor written again, and what lies behind it
    /// stays.</summary>
    [Fact]
    [PaxosPitfall(6)]
    public void A_snapshot_and_the_log_behind_it_are_of_one_moment()
    {
        var replica = new PaxosReplica("2.2", "2.2 _ 2.2 2.2") { DiskIsSlow = true };
        replica.Hears(Tell.Accept("2.2", behind: 1), "2.2 2.2");

        replica.Core.SnapshotInstalled(HostedReplica.PointAt(new(3), Tell.Ballot("2.2")));
        replica.Settle();
        replica.Hears(Tell.Accept("2.2", behind: 0), "2.2 2.2 2.2 2.2 2.2");

        Assert.Equal((3UL, "2.2 2.2"), (replica.Core.Log.Base.Value, replica.Log));
        Assert.True(replica.Writes[^1].Entries.First.Value > 3, $"{replica.Writes[^1]}");
        Message accepted = Assert.Single(replica.DiskCompletes(), static said => said.Kind == MessageKind.Accepted
            && said.Index.Value == 5);
        Assert.False(accepted.Rejected);
    }

    /// <summary>A write that was not made yet when the snapshot came leaves out what it covers.</summary>
    [Theory]
    [InlineData("2.2")]
    [InlineData("2.2 1.2 1.2 1.2")]
    [PaxosPitfall(6)]
    public void What_a_snapshot_covers_is_not_written_any_more(string log)
    {
        var replica = new PaxosReplica("2.2", log);
        Say.Deliver(replica.Core, Tell.Accept("2.2", behind: 1), replica.Now,
            Tell.Entries(new(new(1)), "2.2 2.2 2.2"));

        replica.Core.SnapshotInstalled(HostedReplica.PointAt(new(3), Tell.Ballot("2.2")));
        replica.Settle();

        Assert.Equal(new LogRange(new(4), 1), replica.Writes[^1].Entries);
    }

    /// <summary>omnipaxos PR#58: offsets of the merge were wrong once the log began elsewhere.</summary>
    [Fact]
    [PaxosPitfall(7)]
    public void Places_stay_places_when_the_log_is_compacted_during_phase_one()
    {
        var replica = new PaxosReplica("2.2", "2.2 2.2 2.2 2.2", commit: 3) { DiskIsSlow = true };
        Assert.Empty(replica.Hears(Tell.Prepare("3.3", behind: 1)));

        replica.Core.SnapshotTaken(new(2), retainedEntries: 0);
        Message promise = Assert.Single(replica.DiskCompletes());

        Assert.Equal((2UL, 4UL, "2.2 2.2"), (promise.Index.Value, promise.Hint.Value, replica.Text(promise)));
    }

    /// <summary>And on the side of the candidate: what it hears counts from its own place.</summary>
    [Fact]
    [PaxosPitfall(7)]
    public void A_candidate_with_a_compacted_log_merges_by_place()
    {
        var candidate = new PaxosReplica("2.2", "2.2 2.2 2.2 1.3", commit: 3);
        candidate.Core.SnapshotTaken(new(3), retainedEntries: 1);
        Assert.Equal(2UL, candidate.Core.Log.Base.Value);
        Message prepare = candidate.TimesOut()[0];
        Assert.Equal(3UL, prepare.Index.Value);

        candidate.Hears(Tell.Promise(2, "3.1", behind: 3, last: 5, commit: 3), "2.3 2.2");

        Assert.Equal("2.2 3.1/2.3 3.1/2.2 3.1-", candidate.Log);
    }

    /// <summary>phxpaxos has a setting for how often acceptors sync.</summary>
    [Fact]
    [PaxosPitfall(8)]
    public void Nothing_is_told_before_it_is_durable()
    {
        var replica = new PaxosReplica("2.2") { DiskIsSlow = true };

        Assert.Empty(replica.Hears(Tell.Accept("2.2"), "2.2"));
        Assert.Equal(MessageKind.Accepted, Assert.Single(replica.DiskCompletes()).Kind);
        Assert.Empty(replica.Hears(Tell.Prepare("3.3")));
        Assert.Equal(MessageKind.Promise, Assert.Single(replica.DiskCompletes()).Kind);
        Assert.DoesNotContain(typeof(ReplicaOptions).GetProperties(), static option =>
            option.Name.Contains("Sync", StringComparison.Ordinal)
            || option.Name.Contains("Durable", StringComparison.Ordinal));
    }

    /// <summary>A promise rests on what it tells as well as on the ballot: what was accepted before and is not durable
    /// yet is not told.</summary>
    [Fact]
    [PaxosPitfall(8)]
    public void A_promise_waits_for_what_it_tells()
    {
        var replica = new PaxosReplica("2.2") { DiskIsSlow = true };
        replica.Hears(Tell.Accept("2.2"), "2.2");
        ulong accept = replica.Writes[^1].Sequence;

        Assert.DoesNotContain(replica.Hears(Tell.Prepare("3.3")), static said => said.Kind == MessageKind.Promise);
        Assert.DoesNotContain(replica.DiskCompletes(accept), static said => said.Kind == MessageKind.Promise);
        Message promise = Assert.Single(replica.DiskCompletes(), static said => said.Kind == MessageKind.Promise);
        Assert.Equal("2.2", replica.Text(promise));
    }

    /// <summary>phxpaxos: late rejections were dropped, and a slow node never caught up with the ballots.</summary>
    [Fact]
    [PaxosPitfall(9)]
    public void A_refusal_moves_a_candidate_on_however_late_it_comes()
    {
        var candidate = new PaxosReplica();
        candidate.TimesOut();
        candidate.TimesOut();
        Assert.Equal("2.1", candidate.Promised);

        candidate.Hears(Tell.NoPromise(3, "7.2"));

        Assert.Equal((Role.Follower, "7.2"), (candidate.Role, candidate.Promised));
        candidate.TimesOut();
        Assert.Equal("8.1", candidate.Promised);
    }

    /// <summary>Whoever is asked under an older ballot says which is current.</summary>
    [Fact]
    [PaxosPitfall(9)]
    public void Whoever_is_refused_is_told_the_newer_ballot()
    {
        var replica = new PaxosReplica("7.2");

        Message toCandidate = Assert.Single(replica.Hears(Tell.Prepare("6.3")));
        Message toLeader = Assert.Single(replica.Hears(Tell.Accept("6.3"), "6.3"));

        Assert.Equal((true, Tell.Ballot("7.2")), (toCandidate.Rejected, toCandidate.Stamp));
        Assert.Equal((true, Tell.Ballot("7.2")), (toLeader.Rejected, toLeader.Stamp));
        Assert.Equal("", replica.Log);
    }
}

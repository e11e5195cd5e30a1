namespace Concord.Commit.Tests;

/// <summary>
/// The two-phase mistakes of the mutation catalogue, as far as the core alone can make them. What only a participant's
/// host can get wrong (C2, C5, C7, C9) is played in <see cref="ExplorationTests"/> or belongs to the keyspace.
/// </summary>
public sealed class PitfallTests
{
    [Fact]
    public void C1_nobody_hears_of_a_commit_before_the_register_said_so()
    {
        Bench bench = new(2);
        TimeSpan now = TimeSpan.Zero;
        foreach (int voter in (int[])[0, 1, 1])
        {
            bench.Voted(voter, Vote.Yes);
            Assert.Empty(bench.Resolutions);
            Assert.Null(bench.Report);
            bench.Acknowledged(voter).Tick(now += Bench.RetryInterval);
            Assert.Empty(bench.Resolutions);
            Assert.Null(bench.Report);
        }

        Assert.Equal(2, bench.Decided(Decision.Commit).Resolutions.Length);
    }

    [Fact]
    public void C3_a_coordinator_that_lost_its_memory_answers_nothing_of_itself()
    {
        TwoPhaseCoordinator reborn = new(new CommitOptions(), new CommitOutbox());
        Assert.Equal(CoordinatorState.Ended, reborn.State);
        Bench bench = new Bench(1).After(c => c.AnchorLost());
        Assert.True(bench.Voted(0, Vote.Yes).IsSilent);
        Assert.True(bench.Acknowledged(0).IsSilent);
        Assert.True(bench.Tick(Bench.PrepareTimeout).IsSilent);
    }

    [Fact]
    public void C4_the_tracker_never_gives_up_on_what_is_prepared()
    {
        InDoubtTracker<int> tracker = new(new InDoubtOptions());
        tracker.Prepared(7, TimeSpan.Zero);
        tracker.Blocking(7);
        List<int> asks = [];
        for (int hour = 1; hour <= 1_000; hour++)
        {
            tracker.Tick(TimeSpan.FromHours(hour), asks);
        }

        Assert.Equal(Enumerable.Repeat(7, 1_000), asks);
        Assert.Equal(1, tracker.Count);
    }

    [Theory]
    [InlineData(1)]
    [InlineData(2)]
    [InlineData(63)]
    [InlineData(64)]
    public void C6_one_missing_vote_keeps_the_commit_from_being_proposed(int participants)
    {
        for (int missing = 0; missing < participants; missing++)
        {
            Bench bench = new(participants);
            for (int voter = 0; voter < participants; voter++)
            {
                if (voter != missing)
                {
                    Assert.Null(bench.Voted(voter, Vote.Yes).Voted(voter, Vote.Yes).Proposal);
                }
            }

            Assert.Equal(Decision.Abort(AbortReason.Timeout), bench.Tick(Bench.PrepareTimeout).Proposal);
        }
    }

    [Fact]
    public void C8_a_commit_is_not_forgotten_while_one_participant_has_not_acknowledged_it()
    {
        Bench bench = new Bench(3).AllVotedYes(3).Decided(Decision.Commit);
        foreach (int participant in (int[])[0, 2, 2, 0])
        {
            Assert.False(bench.Acknowledged(participant).Forget);
        }

        Assert.Equal(CoordinatorState.Committed, bench.State);
        Assert.True(bench.Acknowledged(1).Forget);
    }

    [Fact]
    public void No_abort_is_presumed_after_a_decision_was_proposed()
    {
        Bench bench = new Bench(2, presumeAbort: true).AllVotedYes(2);
        Assert.True(bench.Tick(Bench.PrepareTimeout).IsSilent);
        Assert.True(bench.Voted(0, Vote.Conflict).IsSilent);
        Bench refused = new Bench(1, presumeAbort: true).Voted(0, Vote.No, 0);
        Assert.Equal(Decision.AbortWith(0), refused.Proposal);
        Assert.True(refused.Tick(Bench.PrepareTimeout).IsSilent);
    }

    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public void A_register_that_changes_its_mind_stops_the_node(bool commitFirst)
    {
        Decision abort = Decision.Abort(AbortReason.Cancelled);
        Bench bench = new Bench(1).AllVotedYes(1).Decided(commitFirst ? Decision.Commit : abort);
        Assert.True(bench.Decided(commitFirst ? Decision.Commit : abort).IsSilent);
        Assert.Throws<CommitInvariantException>(() => bench.Coordinator.Decided(commitFirst ? abort : Decision.Commit));
    }

    [Fact]
    public void A_commit_in_the_register_after_a_presumed_abort_stops_the_node()
    {
        Bench bench = new Bench(2, presumeAbort: true).Voted(0, Vote.Conflict);
        Assert.Throws<CommitInvariantException>(() => bench.Coordinator.Decided(Decision.Commit));
        Assert.True(bench.Decided(Decision.Abort(AbortReason.Cancelled)).IsSilent);
    }
}

namespace Concord.Commit.Tests;

/// <summary>The rows of the table of messages in docs/protocols/two-phase-commit.md, one after the other.</summary>
public sealed class CoordinatorTests
{
    private static Resolution[] ToEach(Decision decision, params int[] participants) =>
        [.. participants.Select(p => new Resolution(p, decision))];

    [Fact]
    public void A_reset_asks_every_participant_at_once()
    {
        Bench bench = new(3);
        Assert.Equal([0, 1, 2], bench.Prepares);
        Assert.Null(bench.Proposal);
        Assert.Equal(CoordinatorState.Preparing, bench.State);
    }

    [Fact]
    public void Sixty_four_participants_are_the_most()
    {
        Bench bench = new(64);
        Assert.Equal(Enumerable.Range(0, 64), bench.Prepares);
        bench.AllVotedYes(64);
        Assert.Equal(Decision.Commit, bench.Proposal);
        TwoPhaseCoordinator other = new(new CommitOptions(), new CommitOutbox());
        Assert.Throws<ArgumentOutOfRangeException>(() => other.Reset(65, default));
        Assert.Throws<ArgumentOutOfRangeException>(() => other.Reset(-1, default));
        Assert.Throws<ArgumentOutOfRangeException>(() => other.Resume(0));
    }

    [Fact]
    public void Without_participants_the_anchor_decides_at_once_and_leaves_nothing_to_forget()
    {
        Bench bench = new(0);
        Assert.Equal(Decision.Commit, bench.Proposal);
        bench.Decided(Decision.Commit);
        Assert.Equal(OutcomeKind.Committed, bench.Report?.Kind);
        Assert.False(bench.Forget);
        Assert.Equal(CoordinatorState.Ended, bench.State);
    }

    [Fact]
    public void The_last_yes_proposes_the_commit_and_tells_nobody()
    {
        Bench bench = new Bench(2).Voted(1, Vote.Yes);
        Assert.True(bench.IsSilent);
        bench.Voted(0, Vote.Yes);
        Assert.Equal(Decision.Commit, bench.Proposal);
        Assert.Empty(bench.Resolutions);
        Assert.Null(bench.Report);
        Assert.Equal(CoordinatorState.Deciding, bench.State);
    }

    [Fact]
    public void The_register_saying_commit_is_reported_and_told_to_everybody()
    {
        Bench bench = new Bench(2).AllVotedYes(2).Decided(Decision.Commit);
        Assert.Equal(new Outcome(OutcomeKind.Committed, Decision.Commit, IsPresumed: false), bench.Report);
        Assert.Equal(ToEach(Decision.Commit, 0, 1), bench.Resolutions);
        Assert.False(bench.Forget);
        Assert.Equal(CoordinatorState.Committed, bench.State);
    }

    [Fact]
    public void The_last_acknowledgement_of_a_commit_forgets_it()
    {
        Bench bench = new Bench(2).AllVotedYes(2).Decided(Decision.Commit).Acknowledged(1).Acknowledged(1);
        Assert.True(bench.IsSilent);
        bench.Acknowledged(0);
        Assert.True(bench.Forget);
        Assert.Equal(CoordinatorState.Ended, bench.State);
    }

    [Theory]
    [InlineData(5, 3)]
    [InlineData(3, 5)]
    public void The_lowest_refusal_of_all_votes_goes_to_the_anchor_in_whatever_order_they_come(int first, int last)
    {
        Bench bench = new Bench(3).Voted(2, Vote.No, first).Voted(0, Vote.Yes);
        Assert.True(bench.IsSilent);
        bench.Voted(1, Vote.No, last);
        Assert.Equal(Decision.AbortWith(3), bench.Proposal);
        Assert.Null(bench.Report);
        Assert.Empty(bench.Resolutions);
    }

    [Fact]
    public void The_register_may_name_a_lower_refusal_than_the_one_proposed()
    {
        Bench bench = new Bench(1).Voted(0, Vote.No, 3).Decided(Decision.AbortWith(1));
        Assert.Equal(1, bench.Report?.Decision.RefusalOrdinal);
        Assert.Equal(OutcomeKind.Aborted, bench.Report?.Kind);
        Assert.Equal(CoordinatorState.Ended, bench.State);
    }

    [Fact]
    public void An_abort_is_told_only_to_those_that_may_hold_something()
    {
        Bench bench = new Bench(3).Voted(0, Vote.Yes).Voted(1, Vote.No, 0);
        bench.Decided(Decision.Abort(AbortReason.Cancelled));
        Assert.Equal(ToEach(Decision.Abort(AbortReason.Cancelled), 0, 2), bench.Resolutions);
        bench.Acknowledged(0).Acknowledged(2);
        Assert.False(bench.Forget);
        Assert.Equal(CoordinatorState.Ended, bench.State);
    }

    [Fact]
    public void The_anchor_may_refuse_what_all_participants_agreed_to()
    {
        Bench bench = new Bench(1).AllVotedYes(1).Decided(Decision.AbortWith(0));
        Assert.Equal(new Outcome(OutcomeKind.Aborted, Decision.AbortWith(0), IsPresumed: false), bench.Report);
        Assert.Equal(ToEach(Decision.AbortWith(0), 0), bench.Resolutions);
    }

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public void A_conflict_gives_up_at_once_even_after_a_refusal(bool presumeAbort)
    {
        Bench bench = new Bench(3, presumeAbort).Voted(0, Vote.No, 7).Voted(1, Vote.Conflict);
        ShouldGiveUp(bench, presumeAbort, AbortReason.Conflict, 2);
    }

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public void A_prepare_that_takes_too_long_is_given_up(bool presumeAbort)
    {
        Bench bench = new Bench(3, presumeAbort).Voted(0, Vote.No, 7).Voted(1, Vote.Yes).Tick(Bench.PrepareTimeout);
        ShouldGiveUp(bench, presumeAbort, AbortReason.Timeout, 1, 2);
    }

    private static void ShouldGiveUp(Bench bench, bool presumeAbort, AbortReason reason, params int[] told)
    {
        if (!presumeAbort)
        {
            Assert.Equal(Decision.Abort(reason), bench.Proposal);
            Assert.Null(bench.Report);
            Assert.Empty(bench.Resolutions);
            bench.Decided(Decision.Abort(reason));
        }

        Assert.Null(bench.Proposal);
        Assert.Equal(new Outcome(OutcomeKind.Aborted, Decision.Abort(reason), IsPresumed: presumeAbort), bench.Report);
        Assert.Equal(ToEach(Decision.Abort(reason), told), bench.Resolutions);
        Assert.Equal(CoordinatorState.Aborted, bench.State);
    }

    [Fact]
    public void A_silent_participant_is_asked_again_after_the_retry_interval_and_not_before()
    {
        Bench bench = new Bench(2).Voted(0, Vote.Yes).Tick(Bench.RetryInterval - TimeSpan.FromTicks(1));
        Assert.True(bench.IsSilent);
        bench.Tick(Bench.RetryInterval);
        Assert.Equal([1], bench.Prepares);
        bench.Tick(Bench.RetryInterval);
        Assert.True(bench.IsSilent);
        bench.Tick(Bench.RetryInterval * 2);
        Assert.Equal([1], bench.Prepares);
    }

    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public void A_resolution_is_told_again_until_acknowledged(bool commit)
    {
        Decision decision = commit ? Decision.Commit : Decision.Abort(AbortReason.Cancelled);
        Bench bench = new Bench(2).AllVotedYes(2).Decided(decision).Acknowledged(0);
        TimeSpan now = Bench.PrepareTimeout * 10;
        Assert.True(bench.Tick(now).IsSilent);
        for (int i = 0; i < 3; i++)
        {
            now += Bench.RetryInterval;
            Assert.Equal(ToEach(decision, 1), bench.Tick(now).Resolutions);
        }
    }

    [Fact]
    public void Nobody_is_asked_and_nothing_is_given_up_while_the_anchor_decides()
    {
        Bench bench = new Bench(1).AllVotedYes(1);
        Assert.True(bench.Tick(Bench.PrepareTimeout * 5).IsSilent);
        Assert.True(bench.Tick(Bench.PrepareTimeout * 9).IsSilent);
        Assert.Equal(CoordinatorState.Deciding, bench.State);
    }

    [Fact]
    public void Recovery_that_wrote_abort_first_wins_over_the_votes()
    {
        Bench bench = new Bench(2).Voted(0, Vote.Yes).Decided(Decision.Abort(AbortReason.Cancelled)).Voted(1, Vote.Yes);
        Assert.True(bench.IsSilent);
        Assert.Equal(CoordinatorState.Aborted, bench.State);
    }

    [Fact]
    public void A_commit_in_the_register_is_told_to_everybody_whatever_was_heard_here()
    {
        Bench bench = new Bench(2).Voted(0, Vote.No, 1).Decided(Decision.Commit);
        Assert.Equal(ToEach(Decision.Commit, 0, 1), bench.Resolutions);
    }

    [Fact]
    public void Repeated_and_late_votes_are_ignored()
    {
        Bench bench = new Bench(2).Voted(0, Vote.Yes).Voted(0, Vote.No, 0).Voted(0, Vote.Conflict);
        Assert.True(bench.IsSilent);
        bench.Voted(1, Vote.Yes);
        Assert.Equal(Decision.Commit, bench.Proposal);
        Assert.True(bench.Voted(1, Vote.Conflict).IsSilent);
        Assert.True(bench.Decided(Decision.Commit).Voted(1, Vote.No, 0).IsSilent);
    }

    [Fact]
    public void An_acknowledgement_before_the_decision_counts_for_nothing()
    {
        Bench bench = new Bench(1).Acknowledged(0).AllVotedYes(1).Acknowledged(0).Decided(Decision.Commit);
        Assert.Equal(CoordinatorState.Committed, bench.State);
    }

    [Theory]
    [InlineData(0)]
    [InlineData(1)]
    public void A_lost_anchor_reports_unknown_and_stops(int yesVotes)
    {
        Bench bench = new Bench(1).AllVotedYes(yesVotes).After(c => c.AnchorLost());
        Assert.Equal(OutcomeKind.Unknown, bench.Report?.Kind);
        Assert.Empty(bench.Resolutions);
        Assert.Null(bench.Proposal);
        Assert.True(bench.Decided(Decision.Commit).IsSilent);
        Assert.True(bench.Voted(0, Vote.Conflict).IsSilent);
        Assert.True(bench.Tick(Bench.PrepareTimeout * 2).IsSilent);
        Assert.True(bench.After(c => c.AnchorLost()).IsSilent);
        Assert.Equal(CoordinatorState.Ended, bench.State);
    }

    [Fact]
    public void A_lost_anchor_does_not_report_a_second_time()
    {
        Bench bench = new Bench(1).AllVotedYes(1).Decided(Decision.Commit).After(c => c.AnchorLost());
        Assert.True(bench.IsSilent);
        Assert.Equal(CoordinatorState.Ended, bench.State);
    }

    [Fact]
    public void A_resumed_commit_is_told_until_acknowledged_and_forgotten_without_a_report()
    {
        Bench bench = new Bench(3).After(c => c.AnchorLost()).After(c => c.Resume(2));
        Assert.Equal(ToEach(Decision.Commit, 0, 1), bench.Resolutions);
        Assert.Null(bench.Report);
        Assert.True(bench.Decided(Decision.Commit).IsSilent);
        Assert.True(bench.Acknowledged(0).Acknowledged(1).Forget);
        bench.After(c => c.Resume(1));
        Assert.True(bench.After(c => c.AnchorLost()).IsSilent);
    }

    [Fact]
    public void A_coordinator_that_is_used_again_remembers_nothing()
    {
        Bench bench = new Bench(2).Voted(0, Vote.No, 1).Voted(1, Vote.No, 0).Decided(Decision.AbortWith(0));
        bench.After(c => c.Reset(2, TimeSpan.FromHours(1)));
        Assert.Equal([0, 1], bench.Prepares);
        bench.AllVotedYes(2);
        Assert.Equal(Decision.Commit, bench.Proposal);
    }

    [Fact]
    public void A_coordinator_in_use_is_not_reset()
    {
        Bench bench = new(1);
        Assert.Throws<CommitInvariantException>(() => bench.Coordinator.Reset(1, default));
    }

    [Fact]
    public void Arguments_that_name_nothing_are_refused_and_change_nothing()
    {
        Bench bench = new(2);
        Assert.Throws<ArgumentOutOfRangeException>(() => bench.Voted(2, Vote.Yes));
        Assert.Throws<ArgumentOutOfRangeException>(() => bench.Voted(-1, Vote.Yes));
        Assert.Throws<ArgumentOutOfRangeException>(() => bench.Voted(0, default));
        Assert.Throws<ArgumentOutOfRangeException>(() => bench.Voted(0, Vote.No));
        Assert.Throws<ArgumentOutOfRangeException>(() => Decision.AbortWith(-1));
        Assert.Throws<ArgumentException>(() => Decision.Abort(AbortReason.Refused));
        Assert.Throws<ArgumentOutOfRangeException>(() =>
            new TwoPhaseCoordinator(new CommitOptions { RetryInterval = TimeSpan.Zero }, new CommitOutbox()));
        bench.AllVotedYes(2);
        Assert.Equal(Decision.Commit, bench.Proposal);
    }

    [Fact]
    public void A_decision_that_nobody_set_is_an_abort()
    {
        Assert.False(default(Decision).IsCommit);
        Assert.Equal(-1, default(Decision).RefusalOrdinal);
        Assert.Equal(OutcomeKind.Unknown, default(Outcome).Kind);
    }
}

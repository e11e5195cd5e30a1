using Concord.Simulation.Models;

namespace Concord.Simulation.Tests.Models;

/// <summary>Each rule of the protocol is there for a reason: without it two values are chosen at one position, and the
/// exploration finds the shortest way to that.</summary>
public sealed class PaxosFlawTests
{
    private static readonly ModelSize s_full = new(Positions: 2, Ballots: 3);
    private static readonly ModelRules s_sound = new();

    [Fact]
    public void Accepting_below_the_promise_tears() => _ = Tears(
        s_sound with { AcceptChecksBallot = false }, 10, AcceptorModel.BelowPromise);

    [Fact]
    public void Promising_below_the_promise_tears() => _ = Tears(
        s_sound with { PrepareChecksBallot = false }, 10, AcceptorModel.PromiseFell);

    [Fact]
    public void P1_a_promise_that_leaves_out_what_is_chosen_tears() => _ = Tears(
        s_sound with { PromiseNamesItsBase = false }, 10, snapshots: true);

    [Fact]
    public void P3_proposing_where_a_promise_says_that_something_is_chosen_tears() => _ = Tears(
        s_sound with { ProposerHeedsTheBase = false }, 10, snapshots: true);

    [Fact]
    public void P3_ignoring_what_was_accepted_tears() => _ = Tears(s_sound with { Pick = Pick.Ignore }, 10);

    [Fact]
    public void P4_taking_the_value_of_the_lowest_ballot_tears() => _ = Tears(s_sound with { Pick = Pick.Lowest }, 14);

    [Fact]
    public void P4_counting_promises_of_other_ballots_tears() => _ = Tears(
        s_sound with { PromisesAreOfOneBallot = false }, 8);

    [Fact]
    public void P5_a_ballot_that_is_used_again_after_a_restart_tears() => _ = Tears(
        s_sound with { BallotIsUsedOnce = false }, 8, AcceptorModel.TwoInOneBallot);

    [Fact]
    public void P8_an_acceptance_that_a_crash_takes_back_tears() => _ = Tears(
        s_sound with { VoteIsDurable = false }, 11, AcceptorModel.Forgotten);

    [Fact]
    public void A_promise_that_a_crash_takes_back_tears() => _ = Tears(
        s_sound with { PromiseIsDurable = false }, 11, AcceptorModel.PromiseFell);

    [Fact]
    public void Half_of_the_acceptors_are_no_quorum() => Assert.Equal(
        """

          acceptor 1 promises ballot 1, and tells nothing at 1, nothing at 2
          acceptor 2 promises ballot 2, and tells nothing at 1, nothing at 2
          leader of ballot 1 proposes value1 at position 1
          acceptor 3 accepts value1 at position 1 in ballot 1, which chooses it
          leader of ballot 2 proposes value2 at position 1
          acceptor 3 accepts value2 at position 1 in ballot 2, which chooses a second value there
        """,
        Tears(s_sound with { LeadQuorum = 1, ChooseQuorum = 1 }, 6));

    [Theory]
    [InlineData(1, 2)]
    [InlineData(2, 1)] // Learning from a minority.
    public void Quorums_that_do_not_meet_tear(int lead, int choose) => _ = Tears(
        s_sound with { LeadQuorum = lead, ChooseQuorum = choose }, 8);

    [Theory]
    [InlineData(3, 1)]
    [InlineData(1, 3)]
    public void Quorums_of_any_size_hold_as_long_as_they_meet(int lead, int choose)
    {
        PaxosModel model = new(s_full, s_sound with { LeadQuorum = lead, ChooseQuorum = choose });
        Exploration all = new Exploration(model, new PaxosInvariants(model).All, reduces: true).Run();
        TestContext.Current.TestOutputHelper?.WriteLine($"{all}");
        Assert.True(all.Broken == null, all.ToString());
    }

    [Fact]
    public void P2_a_leader_that_fills_no_holes_stands_before_one_for_ever()
    {
        PaxosModel model = new(s_full, s_sound with { HolesAreFilled = false });
        Exploration found = new Exploration(model, new PaxosInvariants(model).Holes, reduces: false).Run();
        TestContext.Current.TestOutputHelper?.WriteLine($"{found}");
        Assert.NotNull(found.Broken);
        Assert.Equal(6, found.StepsToBroken);
    }

    [Fact]
    public void Taking_the_leader_s_commit_index_for_what_is_held_of_older_ballots_learns_what_is_not_chosen()
    {
        PaxosModel model = new(s_full, s_sound with { CommitIsOfOneBallot = false });
        Exploration found = new Exploration(model, new PaxosInvariants(model).Commit, reduces: false).Run();
        TestContext.Current.TestOutputHelper?.WriteLine($"{found}");
        Assert.NotNull(found.Broken);
        Assert.Equal(9, found.StepsToBroken);
    }

    /// <returns>The shortest way to two values at one position.</returns>
    /// <param name="rules">All rules but one.</param>
    /// <param name="steps">How many steps it takes at least to get there.</param>
    /// <param name="refused">What the simulator says of a step that only an acceptor without this rule takes.</param>
    /// <param name="snapshots">Whether it takes acceptors that leave out what is chosen.</param>
    private static string Tears(ModelRules rules, int steps, string? refused = null, bool snapshots = false)
    {
        PaxosModel model = new(s_full with { Snapshots = snapshots }, rules);
        Exploration found = new Exploration(model, PaxosInvariants.Agreement, reduces: false).Run();
        TestContext.Current.TestOutputHelper?.WriteLine($"{found}");
        Assert.NotNull(found.Broken);
        Assert.EndsWith("which chooses a second value there", found.Story, StringComparison.Ordinal);
        Assert.Equal(steps, found.StepsToBroken);
        Assert.Equal(refused, model.RefusedStep);
        return found.Story;
    }
}

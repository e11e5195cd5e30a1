using Concord.Simulation.Models;

namespace Concord.Simulation.Tests.Models;

public sealed class ProposerModelTests
{
    private const int ValuesMax = 6;

    /// <summary>In every state of a small world: whatever the explored leaders propose the check allows, by some quorum
    /// of their promises; and whatever it allows they do propose.</summary>
    [Fact]
    public void It_allows_what_the_explored_leaders_propose_and_nothing_else()
    {
        PaxosModel model = new(new(Positions: 2, Ballots: 2, Snapshots: true), new ModelRules());
        StateTable states = new();
        states.Add(default, 0);
        int proposals = 0;
        for (int number = 0; number < states.Count; number++)
        {
            PaxosState state = states[number];
            HashSet<(int Ballot, int Position, int Value)> proposed = [];
            foreach (ref readonly PaxosState next in model.Next(state))
            {
                states.Add(next.Canonical(), number);
                NoteProposal(state, next, proposed);
            }

            proposals += proposed.Count;
            Assert.Equal(Allowed(state).Order(), proposed.Order());
        }

        Assert.InRange(proposals, 10_000, int.MaxValue);
    }

    [Fact]
    public void The_value_of_the_highest_ballot_reported_is_proposed()
    {
        PromiseReport[] counted = [Report(0, 5, 1, 0, (1, new(3, 7))), Report(1, 5, 1, 0, (1, new(4, 8)))];
        Assert.Null(ProposerModel.BrokenBy(5, counted, isQuorum: true, 1, 8, isNoOp: false));
        Assert.Equal(ProposerModel.NotTheHighest, ProposerModel.BrokenBy(5, counted, true, 1, 7, false));
        Assert.Equal(ProposerModel.NotTheHighest, ProposerModel.BrokenBy(5, counted, true, 1, 9, true));
    }

    [Fact]
    public void P2_a_hole_is_filled_with_nothing_and_behind_the_last_a_leader_is_free()
    {
        PromiseReport[] counted = [Report(0, 5, 1, 0, (2, new(3, 7))), Report(1, 5, 1, 0)];
        Assert.Equal(ProposerModel.HoleNotEmpty, ProposerModel.BrokenBy(5, counted, true, 1, 9, isNoOp: false));
        Assert.Null(ProposerModel.BrokenBy(5, counted, true, 1, 9, isNoOp: true));
        Assert.Null(ProposerModel.BrokenBy(5, counted, true, 3, 9, isNoOp: false));
    }

    [Fact]
    public void P3_nothing_is_proposed_where_somebody_knows_it_chosen()
    {
        PromiseReport[] counted = [Report(0, 5, 1, 2), Report(1, 5, 1, 0)];
        Assert.Equal(ProposerModel.ChosenAlready, ProposerModel.BrokenBy(5, counted, true, 2, 9, false));
        Assert.Null(ProposerModel.BrokenBy(5, counted, true, 3, 9, false));
    }

    [Fact]
    public void P4_only_promises_of_exactly_this_ballot_count()
    {
        foreach (ulong other in new ulong[] { 4, 6 })
        {
            PromiseReport[] counted = [Report(0, 5, 1, 0), Report(1, other, 1, 0)];
            Assert.Equal(ProposerModel.OtherBallot, ProposerModel.BrokenBy(5, counted, true, 1, 9, false));
        }
    }

    [Fact]
    public void A_promise_of_later_positions_says_nothing_of_earlier_ones()
    {
        PromiseReport[] counted = [Report(0, 5, 3, 0), Report(1, 5, 1, 0)];
        Assert.Equal(ProposerModel.OtherBallot, ProposerModel.BrokenBy(5, counted, true, 2, 9, false));
        Assert.Null(ProposerModel.BrokenBy(5, counted, true, 3, 9, false));
    }

    [Fact]
    public void Without_a_quorum_or_twice_by_the_same_nothing_is_proposed()
    {
        PromiseReport one = Report(0, 5, 1, 0);
        Assert.Equal(ProposerModel.NoQuorum, ProposerModel.BrokenBy(5, [one], isQuorum: false, 1, 9, false));
        Assert.Equal(ProposerModel.NoQuorum, ProposerModel.BrokenBy(5, [one, one], isQuorum: true, 1, 9, false));
    }

    [Fact]
    public void P5_a_ballot_is_begun_once_and_has_one_value_at_a_position()
    {
        ProposalBook book = new();
        Assert.Null(book.Begin(5));
        Assert.Null(book.Begin(6));
        Assert.Equal(ProposalBook.BallotReused, book.Begin(5));
        Assert.Null(book.Propose(5, 1, 7));
        Assert.Null(book.Propose(5, 1, 7));
        Assert.Null(book.Propose(5, 2, 8));
        Assert.Null(book.Propose(6, 1, 8));
        Assert.Equal(ProposalBook.TwoProposals, book.Propose(5, 1, 8));
        Assert.Equal(ProposalBook.NotBegun, book.Propose(4, 1, 8));
    }

    [Fact]
    public void What_is_accepted_was_proposed_there_in_that_ballot()
    {
        ProposalBook book = new();
        book.Begin(5);
        book.Propose(5, 1, 7);
        Assert.Null(book.Accept(1, new(5, 7)));
        Assert.Equal(ProposalBook.NotProposed, book.Accept(1, new(5, 8)));
        Assert.Equal(ProposalBook.NotProposed, book.Accept(1, new(4, 7)));
        Assert.Equal(ProposalBook.NotProposed, book.Accept(2, new(5, 7)));
    }

    private static PromiseReport Report(
        int acceptor, ulong ballot, ulong from, ulong through, params (ulong Position, AcceptedValue Held)[] told) =>
        new(acceptor, ballot, from, through, told.ToDictionary(one => one.Position, one => one.Held));

    private static void NoteProposal(
        in PaxosState before, in PaxosState after, HashSet<(int Ballot, int Position, int Value)> proposed)
    {
        for (int ballot = 1; ballot <= 2; ballot++)
        {
            for (int position = 0; position < 2; position++)
            {
                int values = after.Proposed(ballot, position) & ~before.Proposed(ballot, position);
                if (values != 0)
                {
                    proposed.Add((ballot, position, int.TrailingZeroCount(values) + 1));
                }
            }
        }
    }

    /// <summary>What the check allows, where nothing is proposed yet. Where it allows any value, a leader's own stands
    /// for all of them.</summary>
    private static HashSet<(int Ballot, int Position, int Value)> Allowed(in PaxosState state)
    {
        HashSet<(int Ballot, int Position, int Value)> allowed = [];
        for (int ballot = 1; ballot <= 2; ballot++)
        {
            int own = (2 * ballot) - 1;
            for (int without = 0; without < PaxosState.Acceptors; without++)
            {
                List<PromiseReport> counted = Counted(state, ballot, without);
                for (int position = 0; position < 2; position++)
                {
                    if (state.Proposed(ballot, position) != 0)
                    {
                        continue;
                    }

                    bool isFree = May(ballot, counted, position, own);
                    for (int value = 1; value <= ValuesMax; value++)
                    {
                        if (value == own ? isFree : !isFree && May(ballot, counted, position, value))
                        {
                            allowed.Add((ballot, position, value));
                        }
                    }
                }
            }
        }

        return allowed;
    }

    private static bool May(int ballot, List<PromiseReport> counted, int position, int value) =>
        ProposerModel.BrokenBy(
            (ulong)ballot, counted, counted.Count == 2, (ulong)position + 1, (ulong)value, isNoOp: true) == null;

    private static List<PromiseReport> Counted(in PaxosState state, int ballot, int without)
    {
        List<PromiseReport> counted = [];
        for (int acceptor = 0; acceptor < PaxosState.Acceptors; acceptor++)
        {
            AcceptorWord word = state[acceptor];
            if (acceptor == without || !word.HasPromised(ballot))
            {
                continue;
            }

            ulong through = 0;
            Dictionary<ulong, AcceptedValue> told = [];
            for (int position = 0; position < 2; position++)
            {
                int entry = word.Told(ballot, position);
                if (entry == AcceptorWord.Covered)
                {
                    through = (ulong)position + 1;
                }
                else if (entry != 0)
                {
                    told.Add((ulong)position + 1, AcceptorWord.Plain(entry));
                }
            }

            counted.Add(new(acceptor, (ulong)ballot, 1, through, told));
        }

        return counted;
    }
}

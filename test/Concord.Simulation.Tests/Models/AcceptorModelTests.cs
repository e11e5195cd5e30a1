using Concord.Simulation.Models;

namespace Concord.Simulation.Tests.Models;

public sealed class AcceptorModelTests
{
    private const ulong Ballots = 3;
    private static readonly ulong[] s_positions = [1, 2];

    /// <summary>The check sees only a before and an after. It allows exactly what promising, accepting and learning,
    /// one step at a time, can lead to: compared for every pair of states and every way to propose.</summary>
    [Theory]
    [InlineData(0)]
    [InlineData(1)]
    [InlineData(2)]
    public void It_allows_what_steps_lead_to_and_nothing_else(ulong chosen)
    {
        Dictionary<ulong, ulong> known = chosen == 0 ? [] : s_positions.ToDictionary(at => at, _ => chosen);
        int allowed = 0;
        int refused = 0;
        for (int proposals = 0; proposals < 1 << (int)Ballots; proposals++)
        {
            Small[] all = [.. States(proposals)];
            foreach (Small before in all)
            {
                HashSet<Small> reached = Reach(before, proposals, chosen);
                foreach (Small after in all)
                {
                    string? broken = AcceptorModel.BrokenBy(before.Plain(), after.Plain(), known);
                    Assert.True(
                        reached.Contains(after) == (broken == null), $"{before} to {after}, {chosen} chosen: {broken}");
                    allowed += broken == null ? 1 : 0;
                    refused += broken == null ? 0 : 1;
                }
            }
        }

        Assert.InRange(allowed, 1_000, int.MaxValue);
        Assert.InRange(refused, 1_000, int.MaxValue);
    }

    [Theory]
    [InlineData(5, 4, 0, 0, 0, 0, 0, AcceptorModel.PromiseFell)]
    [InlineData(5, 5, 0, 0, 4, 7, 0, AcceptorModel.BelowPromise)]
    [InlineData(5, 5, 0, 0, 4, 7, 8, AcceptorModel.BelowPromise)]
    [InlineData(5, 5, 0, 0, 4, 7, 7, null)]
    [InlineData(5, 5, 0, 0, 6, 7, 0, AcceptorModel.AbovePromise)]
    [InlineData(5, 6, 0, 0, 6, 7, 0, null)]
    [InlineData(5, 5, 5, 7, 5, 8, 0, AcceptorModel.TwoInOneBallot)]
    [InlineData(5, 5, 5, 7, 0, 0, 0, AcceptorModel.Forgotten)]
    [InlineData(5, 5, 3, 7, 3, 7, 0, null)]
    public void It_names_the_rule(
        ulong promised, ulong promises, ulong stamp, ulong value, ulong newStamp, ulong newValue, ulong chosen,
        string? broken) => Assert.Equal(
            broken,
            AcceptorModel.BrokenBy(promised, promises, new(stamp, value), new(newStamp, newValue), chosen));

    [Fact]
    public void A_snapshot_covers_only_what_is_chosen()
    {
        AcceptorState before = Acceptor(5, 0, (1, new(4, 7)), (2, new(5, 8)));
        AcceptorState after = Acceptor(5, 2);
        Dictionary<ulong, ulong> one = new() { [1] = 7 };
        Dictionary<ulong, ulong> both = new() { [1] = 7, [2] = 8 };
        Assert.Equal(AcceptorModel.BaseNotChosen, AcceptorModel.BrokenBy(before, after, one));
        Assert.Null(AcceptorModel.BrokenBy(before, after, both));
        Assert.Equal(AcceptorModel.BaseNotChosen, AcceptorModel.BrokenBy(after, before, both));
    }

    [Fact]
    public void P1_a_promise_tells_all_from_the_asked_position_on()
    {
        AcceptorState state = Acceptor(5, 1, (2, new(3, 7)), (4, new(4, 8)));
        Assert.Null(Promise(state, 5, 1, 1, (2, new(3, 7)), (4, new(4, 8))));
        Assert.Null(Promise(state, 5, 3, 1, (4, new(4, 8))));
        Assert.Null(Promise(state, 5, 1, 2, (4, new(4, 8))));
        Assert.Equal(AcceptorModel.PromiseTellsLess, Promise(state, 5, 1, 1, (4, new(4, 8))));
        Assert.Equal(AcceptorModel.PromiseTellsLess, Promise(state, 5, 1, 1, (2, new(2, 7)), (4, new(4, 8))));
        Assert.Equal(
            AcceptorModel.PromiseTellsLess, Promise(state, 5, 1, 1, (2, new(3, 7)), (3, new(3, 9)), (4, new(4, 8))));
        Assert.Equal(AcceptorModel.PromiseTellsLess, Promise(state, 5, 1, 0, (2, new(3, 7)), (4, new(4, 8))));
        Assert.Equal(AcceptorModel.BaseNotChosen, Promise(state, 5, 1, 4));
        Assert.Equal(AcceptorModel.BelowPromise, Promise(state, 4, 1, 2, (4, new(4, 8))));
        Assert.Equal(AcceptorModel.AbovePromise, Promise(state, 6, 1, 2, (4, new(4, 8))));
    }

    [Fact]
    public void P8_what_is_told_is_durable()
    {
        Dictionary<ulong, ulong> chosen = new() { [1] = 9 };
        Assert.Null(Telling(Acceptor(5, 0, (1, new(3, 7)))));
        Assert.Null(Telling(Acceptor(6, 0, (1, new(6, 9)))));
        Assert.Null(Telling(Acceptor(5, 1)));
        Assert.Null(Telling(Acceptor(5, 0, (1, new(2, 9))), chosen));
        Assert.Equal(AcceptorModel.PromiseNotDurable, Telling(Acceptor(4, 0, (1, new(3, 7)))));
        Assert.Equal(AcceptorModel.VoteNotDurable, Telling(Acceptor(5, 0)));
        Assert.Equal(AcceptorModel.VoteNotDurable, Telling(Acceptor(5, 0), chosen));
        Assert.Equal(AcceptorModel.VoteNotDurable, Telling(Acceptor(5, 0, (1, new(2, 9)))));
        Assert.Equal(AcceptorModel.VoteNotDurable, Telling(Acceptor(5, 0, (1, new(3, 8))), chosen));
    }

    [Fact]
    public void P8_what_is_acknowledged_is_durable()
    {
        Assert.Null(Acknowledging(Acceptor(5, 0, (1, new(5, 7)))));
        Assert.Null(Acknowledging(Acceptor(6, 0, (1, new(6, 8)))));
        Assert.Null(Acknowledging(Acceptor(5, 1)));
        Assert.Null(Acknowledging(Acceptor(5, 0, (1, new(4, 7))), chosen: 7));
        Assert.Equal(AcceptorModel.VoteNotDurable, Acknowledging(Acceptor(5, 0)));
        Assert.Equal(AcceptorModel.VoteNotDurable, Acknowledging(Acceptor(5, 0), chosen: 7));
        Assert.Equal(AcceptorModel.VoteNotDurable, Acknowledging(Acceptor(5, 0, (1, new(5, 8)))));
        Assert.Equal(AcceptorModel.VoteNotDurable, Acknowledging(Acceptor(5, 0, (1, new(4, 7)))));
    }

    private static string? Telling(AcceptorState durable, Dictionary<ulong, ulong>? chosen = null) =>
        AcceptorModel.BrokenByTelling(durable, Report(5, 1, 0, (1, new(3, 7))), chosen ?? []);

    private static string? Acknowledging(AcceptorState durable, ulong chosen = 0) =>
        AcceptorModel.BrokenByAcknowledging(durable, ballot: 5, position: 1, value: 7, chosen);

    private static string? Promise(
        AcceptorState state, ulong ballot, ulong from, ulong through, params (ulong, AcceptedValue)[] told) =>
        AcceptorModel.BrokenByPromise(state, commit: 2, Report(ballot, from, through, told));

    private static PromiseReport Report(
        ulong ballot, ulong from, ulong through, params (ulong Position, AcceptedValue Held)[] told) =>
        new(0, ballot, from, through, told.ToDictionary(one => one.Position, one => one.Held));

    private static AcceptorState Acceptor(
        ulong promised, ulong through, params (ulong Position, AcceptedValue Held)[] held) =>
        new(promised, through, held.ToDictionary(one => one.Position, one => one.Held));

    /// <summary>What a ballot proposes, at both positions alike: one of two values.</summary>
    private static ulong ProposalOf(int proposals, ulong ballot) => 1 + (((ulong)proposals >> (int)(ballot - 1)) & 1);

    private static IEnumerable<Small> States(int proposals)
    {
        for (ulong promised = 0; promised <= Ballots; promised++)
        {
            for (ulong first = 0; first <= promised; first++)
            {
                for (ulong second = 0; second <= promised; second++)
                {
                    yield return new(promised, Held(proposals, first), Held(proposals, second));
                }
            }
        }
    }

    private static AcceptedValue Held(int proposals, ulong stamp) =>
        stamp == 0 ? AcceptedValue.None : new(stamp, ProposalOf(proposals, stamp));

    private static HashSet<Small> Reach(Small start, int proposals, ulong chosen)
    {
        HashSet<Small> reached = [start];
        Queue<Small> open = new([start]);
        while (open.TryDequeue(out Small state))
        {
            foreach (Small next in Next(state, proposals, chosen))
            {
                if (reached.Add(next))
                {
                    open.Enqueue(next);
                }
            }
        }

        return reached;
    }

    private static IEnumerable<Small> Next(Small state, int proposals, ulong chosen)
    {
        for (ulong ballot = 1; ballot <= Ballots; ballot++)
        {
            if (AcceptorModel.MayPromise(state.Promised, ballot))
            {
                yield return state with { Promised = ballot };
            }

            AcceptedValue proposal = Held(proposals, ballot);
            if (AcceptorModel.MayAccept(state.Promised, ballot))
            {
                yield return state with { Promised = ballot, First = proposal };
                yield return state with { Promised = ballot, Second = proposal };
            }

            if (proposal.Value == chosen)
            {
                ulong promised = Math.Max(state.Promised, ballot);
                yield return state with { Promised = promised, First = proposal };
                yield return state with { Promised = promised, Second = proposal };
            }
        }
    }

    private readonly record struct Small(ulong Promised, AcceptedValue First, AcceptedValue Second)
    {
        public AcceptorState Plain()
        {
            Dictionary<ulong, AcceptedValue> held = [];
            if (!First.IsNone)
            {
                held.Add(s_positions[0], First);
            }

            if (!Second.IsNone)
            {
                held.Add(s_positions[1], Second);
            }

            return new(Promised, 0, held);
        }
    }
}

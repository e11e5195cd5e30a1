using Concord.Simulation.Checking;

namespace Concord.Simulation.Tests.Checking;

/// <summary>The search against all orders, and the zones against the search, on random histories.</summary>
public sealed class LinearizabilityCheckerTests
{
    private const int Histories = 100_000;
    private const int OperationsMax = 7;

    [Fact]
    public void Search_agrees_with_all_orders_of_a_register() =>
        AssertAgreement(1, new RegisterHistoryModel(), RandomHistories.Register);

    [Fact]
    public void Search_agrees_with_all_orders_of_a_counter() =>
        AssertAgreement(2, new CounterHistoryModel(), RandomHistories.Counter);

    [Fact]
    public void What_nobody_met_may_be_left_out()
    {
        SimRandom random = new(3);
        var model = new RegisterHistoryModel();
        for (int i = 0; i < Histories / 2; i++)
        {
            TimedOperation<StoreCall>[] history = RandomHistories.Register(random, 1 + random.Next(OperationsMax));
            CheckVerdict all = LinearizabilityChecker.Check(history, model).Verdict;
            CheckVerdict fewer =
                LinearizabilityChecker.Check(RegisterHistoryModel.WithoutUnseen(history), model).Verdict;
            Assert.True(all == fewer, $"history {i}, {all} and {fewer}: {string.Join("; ", history)}");
        }
    }

    [Fact]
    public void Zones_agree_with_the_search_where_values_are_unique()
    {
        SimRandom random = new(4);
        int illegal = 0;
        for (int i = 0; i < Histories / 2; i++)
        {
            TimedOperation<StoreCall>[] history = RandomHistories.UniqueRegister(random, 2 + random.Next(14));
            CheckVerdict expected = LinearizabilityChecker.Check(history, new RegisterHistoryModel()).Verdict;
            CheckVerdict actual = ZoneChecker.Check(HistoryText.ToZones(history)).Verdict;
            Assert.True(expected == actual, $"history {i}, {expected}: {string.Join("; ", history)}");
            illegal += expected == CheckVerdict.Illegal ? 1 : 0;
        }

        Assert.InRange(illegal, Histories / 40, Histories / 2 * 19 / 20);
    }

    [Fact]
    public void A_search_that_is_too_long_says_that_nothing_is_known()
    {
        TimedOperation<StoreCall>[] history = HistoryText.Parse(
            string.Join(' ', Enumerable.Range(1, 30).Select(static i => $"w{i}@0-100")) + " r99@200-201");
        var model = new RegisterHistoryModel();
        SearchOutcome steps = LinearizabilityChecker.Check(history, model, new(1_000, long.MaxValue));
        Assert.Equal((CheckVerdict.Unknown, 1_001L), (steps.Verdict, steps.Steps));
        SearchOutcome words = LinearizabilityChecker.Check(history, model, new(long.MaxValue, 10_000));
        Assert.Equal(CheckVerdict.Unknown, words.Verdict);
    }

    [Fact]
    public void An_illegal_history_names_the_longest_beginning_and_where_it_stops()
    {
        TimedOperation<StoreCall>[] history = HistoryText.Parse("w1@0-1 w2@2-3 r2@4-5 r1@6-7 w3@8-9");
        SearchOutcome outcome = LinearizabilityChecker.Check(history, new RegisterHistoryModel());
        Assert.Equal(CheckVerdict.Illegal, outcome.Verdict);
        Assert.Equal([0, 1, 2], outcome.Order);
        Assert.Equal(3, outcome.StopsAt);
        Assert.Contains("read → 1 [6, 7]", outcome.Reason, StringComparison.Ordinal);
    }

    [Fact]
    public void A_legal_history_has_an_order_that_replays()
    {
        SimRandom random = new(5);
        TimedOperation<StoreCall>[] history = RandomHistories.LegalRegister(random, 2_000, 8, unknown: 0.005);
        SearchOutcome outcome = LinearizabilityChecker.Check(history, new RegisterHistoryModel());
        Assert.Equal(CheckVerdict.Legal, outcome.Verdict);
        var model = new RegisterHistoryModel();
        long? state = null;
        long latestInvoked = long.MinValue;
        foreach (int place in outcome.Order)
        {
            Assert.True(model.TryApply(state, history[place].Operation, history[place].IsKnown, out state));
            Assert.True(history[place].Returned >= latestInvoked, "a later one had begun after this one returned");
            latestInvoked = Math.Max(latestInvoked, history[place].Invoked);
        }
    }

    [Fact]
    public void One_operation_may_last_as_long_as_ten_thousand_others()
    {
        SimRandom random = new(6);
        TimedOperation<StoreCall>[] history =
        [
            new(new(StoreVerb.Write, 1_000_000, null, null), 0, 10_000_000),
            .. RandomHistories.LegalRegister(random, 10_000, 5, unknown: 0),
        ];
        Assert.Equal(CheckVerdict.Legal, LinearizabilityChecker.Check(history, new RegisterHistoryModel()).Verdict);
    }

    [Fact]
    public void Things_are_checked_one_by_one_and_the_first_that_is_wrong_is_named()
    {
        (string, IReadOnlyList<TimedOperation<StoreCall>>)[] histories =
        [
            ("left", HistoryText.Parse("a1=1@0-1")), ("right", HistoryText.Parse("a1=2@0-1")),
        ];
        CheckOutcome outcome = LinearizabilityChecker.CheckEach(histories, new CounterHistoryModel());
        Assert.Equal(CheckVerdict.Illegal, outcome.Verdict);
        Assert.StartsWith("right: ", outcome.Reason, StringComparison.Ordinal);
        Assert.Equal(
            CheckVerdict.Unknown,
            LinearizabilityChecker.CheckEach(histories[..1], new CounterHistoryModel(), new(0, 0)).Verdict);
    }

    [Fact]
    public void An_operation_that_returned_before_it_began_is_refused() =>
        Assert.Throws<ArgumentException>(
            () => LinearizabilityChecker.Check(HistoryText.Parse("w1@3-2"), new RegisterHistoryModel()));

    private static void AssertAgreement<TState>(
        ulong seed,
        IHistoryModel<StoreCall, TState> model,
        Func<SimRandom, int, TimedOperation<StoreCall>[]> draw)
    {
        SimRandom random = new(seed);
        int illegal = 0;
        for (int i = 0; i < Histories; i++)
        {
            TimedOperation<StoreCall>[] history = draw(random, 1 + random.Next(OperationsMax));
            bool legal = AllOrders.Explain(history, model);
            SearchOutcome outcome = LinearizabilityChecker.Check(history, model);
            Assert.True(
                legal == (outcome.Verdict == CheckVerdict.Legal),
                $"history {i}, legal {legal}, {outcome.Reason}: {string.Join("; ", history)}");
            illegal += legal ? 0 : 1;
        }

        Assert.InRange(illegal, Histories / 20, Histories * 19 / 20);
    }
}

using Concord.Simulation.Checking;

namespace Concord.Simulation.Tests.Checking;

/// <summary>For each anomaly histories that have it, and ones that look like it and are right. The notation is
/// <see cref="HistoryText"/>'s.</summary>
public sealed class GoldenHistoryTests
{
    [Theory]
    [InlineData("stale read", "w1@0-1 w2@2-3 r1@4-5")]
    [InlineData("stale read", "w1@0-1 r-@2-3")]
    [InlineData("stale read", "w1@0-1 w2@2-9 r2@3-4 r1@5-6")]
    [InlineData("lost write", "w1@0-1 w2@2-3 r2@4-5 r1@6-7")]
    [InlineData("lost write", "w1@0-1 r1@2-3 r-@4-5")]
    [InlineData("lost write", "w1@0-1 w2@2-4 c1:3@5-6")]
    [InlineData("value from nowhere", "w1@0-1 r7@2-3")]
    [InlineData("value from nowhere", "r1@0-1 w1@2-3")]
    [InlineData("value from nowhere", "x1:2@0-1 r2@2-3")]
    [InlineData("flicker", "w1@0-10 w2@0-10 r1@11-12 r2@13-14")]
    [InlineData("flicker", "w1@0-? r1@2-3 w2@4-5 r2@6-7 r1@8-9")]
    [InlineData("flicker", "w1@0-9 r1@1-2 r-@3-4 r1@5-6")]
    [InlineData("split brain", "c-:1@0-5 c-:2@0-5")]
    [InlineData("split brain", "w1@0-1 c1:2@2-9 c1:3@2-9")]
    [InlineData("split brain", "w1@0-1 c1:2@2-9 r1@10-11 c2:4@12-13")]
    [InlineData("refused without cause", "w1@0-1 x1:2@2-3")]
    [InlineData("refused without cause", "x-:1@0-1")]
    [InlineData("refused without cause", "w1@0-1 x1:3@2-9 x1:4@2-9 r1@10-11")]
    public void A_register_with_an_anomaly_is_illegal(string anomaly, string history) =>
        AssertVerdict(CheckVerdict.Illegal, anomaly, history, new RegisterHistoryModel());

    [Theory]
    [InlineData("stale read", "w1@0-1 w2@2-5 r1@4-6")]
    [InlineData("stale read", "w1@0-? r-@2-3 r-@4-5")]
    [InlineData("stale read", "w1@0-1 w2@2-9 r1@3-4 r2@5-6")]
    [InlineData("lost write", "w1@0-1 w2@1-4 r1@5-6")]
    [InlineData("lost write", "w1@0-1 w2@2-? r1@4-5 r1@6-7")]
    [InlineData("lost write", "w1@0-9 w2@2-3 r2@4-5 r1@6-7")]
    [InlineData("value from nowhere", "w7@0-? r7@2-3")]
    [InlineData("value from nowhere", "r1@0-5 w1@2-3")]
    [InlineData("value from nowhere", "c-:2@0-? r2@2-3")]
    [InlineData("flicker", "w1@0-10 w2@0-10 r1@3-4 r2@5-6")]
    [InlineData("flicker", "w1@0-? w2@1-2 r2@3-4 r1@5-6 r1@7-8")]
    [InlineData("flicker", "w1@0-9 r-@1-2 r1@3-4 r1@5-6")]
    [InlineData("lost write", "c-:2@0-1 w2@2-9 w3@2-9 x2:1@5-9 c2:3@10-11")]
    [InlineData("split brain", "c-:1@0-5 c1:2@0-5")]
    [InlineData("split brain", "w1@0-1 c1:2@2-9 x1:3@2-9")]
    [InlineData("split brain", "w1@0-1 c1:2@2-9 w1@2-9 c1:3@2-9")]
    [InlineData("refused without cause", "w1@0-1 w2@2-9 x1:3@3-4")]
    [InlineData("refused without cause", "w1@0-? x-:2@1-2 r1@3-4")]
    [InlineData("refused without cause", "w1@0-1 w2@2-? x1:3@3-4")]
    public void A_register_that_only_looks_like_it_is_legal(string anomaly, string history) =>
        AssertVerdict(CheckVerdict.Legal, anomaly, history, new RegisterHistoryModel());

    [Theory]
    [InlineData("added twice", "a1=1@0-1 r2@2-3")]
    [InlineData("added twice", "a1=1@0-1 a1=3@2-3")]
    [InlineData("added twice", "a5@0-? r5@2-3 r10@4-5")]
    [InlineData("lost addition", "a1=1@0-1 a1=1@2-3")]
    [InlineData("lost addition", "a1=1@0-1 r0@2-3")]
    [InlineData("lost addition", "a2=2@0-9 a3=3@0-9 r3@10-11")]
    [InlineData("same place twice", "a1=1@0-9 a1=1@0-9")]
    [InlineData("same place twice", "a1=1@0-9 a2=3@0-9 a4=7@0-9 a4=7@0-9")]
    [InlineData("same place twice", "a2=5@0-9 a3=5@0-9")]
    [InlineData("backwards", "a1=1@0-1 a1=2@2-9 r2@3-4 r1@5-6")]
    [InlineData("backwards", "a1=2@0-1 a1=1@2-3")]
    [InlineData("backwards", "a1@0-? r1@1-2 r0@3-4")]
    public void A_counter_with_an_anomaly_is_illegal(string anomaly, string history) =>
        AssertVerdict(CheckVerdict.Illegal, anomaly, history, new CounterHistoryModel());

    [Theory]
    [InlineData("added twice", "a1@0-? a1=2@0-9 r2@10-11")]
    [InlineData("added twice", "a1=1@0-1 a1=2@2-3")]
    [InlineData("added twice", "a5@0-? a5@0-? r5@2-3 r10@4-5")]
    [InlineData("lost addition", "a1@0-? a1=1@2-3 r1@4-5")]
    [InlineData("lost addition", "a1=1@0-5 r0@2-3")]
    [InlineData("lost addition", "a2=2@0-9 a3=5@0-9 r5@10-11")]
    [InlineData("same place twice", "a1=2@0-9 a1=1@0-9")]
    [InlineData("same place twice", "a1=1@0-1 a-1=0@2-3 a1=1@4-5")]
    [InlineData("same place twice", "a2=5@0-9 a3=3@0-9")]
    [InlineData("backwards", "a1=1@0-1 a1=2@2-9 r1@3-4 r2@5-6")]
    [InlineData("backwards", "a1=2@0-4 a1=1@2-3")]
    [InlineData("backwards", "a1@0-? a-1@0-? r1@1-2 r0@3-4")]
    public void A_counter_that_only_looks_like_it_is_legal(string anomaly, string history) =>
        AssertVerdict(CheckVerdict.Legal, anomaly, history, new CounterHistoryModel());

    private static void AssertVerdict<TState>(
        CheckVerdict expected, string anomaly, string text, IHistoryModel<StoreCall, TState> model)
    {
        TimedOperation<StoreCall>[] history = HistoryText.Parse(text);
        SearchOutcome outcome = LinearizabilityChecker.Check(history, model);
        Assert.True(expected == outcome.Verdict, $"{anomaly}, {text}: {outcome.Verdict} {outcome.Reason}");
        Assert.Equal(expected == CheckVerdict.Legal, AllOrders.Explain(history, model));
    }
}

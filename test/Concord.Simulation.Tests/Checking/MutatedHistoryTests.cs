using Concord.Simulation.Checking;

namespace Concord.Simulation.Tests.Checking;

/// <summary>A long legal history stays legal as a whole, and every single lie in it is found.</summary>
public sealed class MutatedHistoryTests
{
    private const int Histories = 60;
    private const int Operations = 600;

    [Fact]
    public void Without_a_change_it_is_legal() => AssertAll(CheckVerdict.Legal, static (_, history) => history);

    [Fact]
    public void A_value_that_nobody_wrote_is_found() =>
        AssertAll(CheckVerdict.Illegal, (random, history) => WithRead(random, history, static _ => -1));

    [Fact]
    public void A_value_from_before_an_older_write_is_found() =>
        AssertAll(CheckVerdict.Illegal, (random, history) => WithRead(random, history, read =>
        {
            // A value whose write was over before another began, that was over before the read began.
            TimedOperation<StoreCall> newer = history.Last(each =>
                each.Operation.Verb == StoreVerb.Write && each.Returned < read.Invoked);
            return history.Last(each =>
                each.Operation.Verb == StoreVerb.Write && each.Returned < newer.Invoked).Operation.Argument;
        }));

    [Fact]
    public void A_write_that_vanishes_is_found() => AssertAll(CheckVerdict.Illegal, (random, history) =>
    {
        long?[] met = [.. history.Where(static each => each.Operation.Verb == StoreVerb.Read && each.IsKnown)
            .Select(static each => each.Operation.Result).Where(static value => value is not null)];
        long? lost = met[random.Next(met.Length)];
        return [.. history.Where(each => each.Operation.Argument != lost)];
    });

    [Fact]
    public void A_write_that_happens_again_later_is_found() => AssertAll(CheckVerdict.Illegal, (random, history) =>
    {
        TimedOperation<StoreCall> late = history[^1];
        TimedOperation<StoreCall> early = history.Where(each =>
            each.Operation.Verb == StoreVerb.Write && each.Returned < late.Invoked).Skip(5).First();
        return
        [
            .. history,
            new(new(StoreVerb.Write, -2, null, null), late.Invoked + 1_000, late.Invoked + 1_001),
            new(new(StoreVerb.Read, null, null, early.Operation.Argument), late.Invoked + 1_002, late.Invoked + 1_003),
        ];
    });

    private static TimedOperation<StoreCall>[] WithRead(
        SimRandom random, TimedOperation<StoreCall>[] history, Func<TimedOperation<StoreCall>, long?> answer)
    {
        int[] reads = [.. Enumerable.Range(Operations / 4, Operations / 2).Where(
            i => history[i].IsKnown && history[i].Operation.Verb == StoreVerb.Read)];
        int place = reads[random.Next(reads.Length)];
        StoreCall call = history[place].Operation with { Result = answer(history[place]) };
        return [.. history[..place], history[place] with { Operation = call }, .. history[(place + 1)..]];
    }

    private static void AssertAll(
        CheckVerdict expected, Func<SimRandom, TimedOperation<StoreCall>[], TimedOperation<StoreCall>[]> change)
    {
        for (int i = 0; i < Histories; i++)
        {
            SimRandom random = new((ulong)i);
            TimedOperation<StoreCall>[] legal = RandomHistories.LegalRegister(
                random, Operations, clients: 5, unknown: i % 2 == 0 ? 0 : 0.005, compares: i % 3 != 0);
            SearchOutcome outcome = LinearizabilityChecker.Check(change(random, legal), new RegisterHistoryModel());
            Assert.True(expected == outcome.Verdict, $"history {i}: {outcome.Verdict}, {outcome.Reason}");
        }
    }
}

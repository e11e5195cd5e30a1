using Concord.Simulation.Checking;

namespace Concord.Simulation.Tests.Checking;

public sealed class ZoneCheckerTests
{
    [Fact]
    public void A_read_sees_the_write_before_it() =>
        AssertLegal(Write(1, 0, 1), Read(1, 2, 3));

    [Fact]
    public void Overlapping_reads_may_see_either_side_of_a_write() =>
        AssertLegal(Write(1, 0, 10), Read(0, 1, 9), Read(1, 2, 8));

    [Fact]
    public void An_unknown_write_may_take_effect_late() =>
        AssertLegal(Write(1, 0, long.MaxValue), Write(2, 1, 2), Read(2, 3, 4), Read(1, 5, 6));

    [Fact]
    public void An_unknown_write_may_never_take_effect() =>
        AssertLegal(Write(1, 0, long.MaxValue), Write(2, 1, 2), Read(2, 3, 4));

    [Fact]
    public void A_stale_read_is_seen() =>
        AssertIllegal(Write(1, 0, 1), Write(2, 2, 3), Read(1, 4, 5));

    [Fact]
    public void A_read_of_the_beginning_after_a_write_is_seen() =>
        AssertIllegal(Write(1, 0, 1), Read(0, 2, 3));

    [Fact]
    public void A_value_that_nobody_wrote_is_seen() =>
        AssertIllegal(Write(1, 0, 1), Read(7, 2, 3));

    [Fact]
    public void A_read_from_the_future_is_seen() =>
        AssertIllegal(Read(1, 0, 1), Write(1, 2, 3));

    [Fact]
    public void A_value_that_comes_back_is_seen() =>
        AssertIllegal(Write(1, 0, 10), Write(2, 0, 10), Read(1, 11, 12), Read(2, 13, 14), Read(1, 15, 16));

    [Fact]
    public void A_lost_write_is_seen() =>
        AssertIllegal(Write(1, 0, 1), Write(2, 2, 3), Read(2, 4, 5), Read(1, 6, 7));

    [Fact]
    public void A_value_written_twice_cannot_be_checked() =>
        Assert.Throws<ArgumentException>(() => ZoneChecker.Check([Write(1, 0, 1), Write(1, 2, 3)]));

    private static RegisterOperationRecord Write(ulong value, long invoked, long returned) =>
        new(true, value, invoked, returned);

    private static RegisterOperationRecord Read(ulong value, long invoked, long returned) =>
        new(false, value, invoked, returned);

    private static void AssertLegal(params RegisterOperationRecord[] history)
    {
        Assert.Equal(CheckVerdict.Legal, ZoneChecker.Check(history).Verdict);
        Assert.Equal(CheckVerdict.Legal, Search(history));
    }

    private static void AssertIllegal(params RegisterOperationRecord[] history)
    {
        CheckOutcome outcome = ZoneChecker.Check(history);
        Assert.Equal(CheckVerdict.Illegal, outcome.Verdict);
        Assert.NotEmpty(outcome.Reason);
        Assert.Equal(CheckVerdict.Illegal, Search(history));
    }

    private static CheckVerdict Search(RegisterOperationRecord[] history) =>
        LinearizabilityChecker.Check(HistoryText.OfZones(history), new RegisterHistoryModel()).Verdict;
}

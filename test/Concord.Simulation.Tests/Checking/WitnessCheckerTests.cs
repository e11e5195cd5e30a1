using Concord.Simulation.Checking;

namespace Concord.Simulation.Tests.Checking;

public sealed class WitnessCheckerTests
{
    [Fact]
    public void Answers_in_the_order_of_the_log_are_legal() =>
        AssertVerdict(CheckVerdict.Legal, [5, 7], Entry(5, 0, 1, 0, 1), Entry(7, 5, 2, 0, 3), Look(7, 2, 4, 5));

    [Fact]
    public void Operations_that_overlap_may_be_in_any_order() =>
        AssertVerdict(CheckVerdict.Legal, [5, 7], Entry(7, 5, 2, 0, 9), Entry(5, 0, 1, 1, 10));

    [Fact]
    public void A_read_of_an_older_state_is_legal_while_nothing_newer_had_returned() =>
        AssertVerdict(CheckVerdict.Legal, [5, 7], Entry(5, 0, 1, 0, 1), Entry(7, 5, 2, 2, 9), Look(5, 1, 3, 8));

    [Fact]
    public void A_wrong_answer_is_seen() =>
        AssertVerdict(CheckVerdict.Illegal, [5, 7], Entry(5, 0, 1, 0, 1), Entry(7, 0, 2, 2, 3));

    [Fact]
    public void A_wrong_read_is_seen() =>
        AssertVerdict(CheckVerdict.Illegal, [5], Entry(5, 0, 1, 0, 1), Look(9, 1, 2, 3));

    [Fact]
    public void A_stale_read_is_seen_although_it_is_right_for_its_place() =>
        AssertVerdict(CheckVerdict.Illegal, [5, 7], Entry(5, 0, 1, 0, 1), Entry(7, 5, 2, 2, 3), Look(5, 1, 4, 5));

    [Fact]
    public void An_order_against_real_time_is_seen() =>
        AssertVerdict(CheckVerdict.Illegal, [5, 7], Entry(7, 5, 2, 0, 1), Entry(5, 0, 1, 2, 3));

    [Fact]
    public void Two_operations_at_one_place_are_seen() =>
        AssertVerdict(CheckVerdict.Illegal, [5], Entry(5, 0, 1, 0, 1), Entry(5, 0, 1, 0, 2));

    [Fact]
    public void Another_entry_than_was_asked_for_is_seen() =>
        AssertVerdict(CheckVerdict.Illegal, [5], Entry(6, 0, 1, 0, 1));

    [Fact]
    public void An_answer_from_behind_the_log_is_seen() =>
        AssertVerdict(CheckVerdict.Illegal, [5], Entry(6, 5, 2, 0, 1));

    private static WitnessedOperation<ulong> Entry(
        ulong value, ulong answer, ulong index, long invoked, long returned) =>
        new(value, false, answer, index, invoked, returned);

    private static WitnessedOperation<ulong> Look(ulong answer, ulong index, long invoked, long returned) =>
        new(0, true, answer, index, invoked, returned);

    private static void AssertVerdict(
        CheckVerdict expected, ulong[] log, params WitnessedOperation<ulong>[] operations) =>
        Assert.Equal(expected, WitnessChecker.Check([.. operations], log, new Register()).Verdict);

    /// <summary>Answers with the value before.</summary>
    private sealed class Register : ISequentialModel<ulong>
    {
        private ulong _value;

        public ulong Apply(ulong command)
        {
            ulong before = _value;
            _value = command;
            return before;
        }

        public ulong Read(ulong command) => _value;
    }
}

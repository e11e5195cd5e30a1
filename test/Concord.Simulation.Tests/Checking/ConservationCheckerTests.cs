using Concord.Simulation.Checking;

namespace Concord.Simulation.Tests.Checking;

public sealed class ConservationCheckerTests
{
    [Fact]
    public void A_sum_that_stays_is_legal() =>
        Assert.Equal(CheckVerdict.Legal, ConservationChecker.Check(10, [[4, 6], [10, 0], [0, 10]]).Verdict);

    [Fact]
    public void Money_from_nowhere_is_seen() =>
        Assert.Equal(CheckVerdict.Illegal, ConservationChecker.Check(10, [[4, 6], [4, 7]]).Verdict);

    [Fact]
    public void A_read_between_two_halves_of_a_transfer_is_seen() =>
        Assert.Equal(CheckVerdict.Illegal, ConservationChecker.Check(10, [[4, 6], [2, 6], [2, 8]]).Verdict);

    [Fact]
    public void A_balance_below_zero_is_seen() =>
        Assert.Equal(CheckVerdict.Illegal, ConservationChecker.Check(10, [[-1, 11]]).Verdict);
}

using Concord.Cli.Bench;

namespace Concord.Cli.Tests.Bench;

public sealed class SpreadTests
{
    [Fact]
    public void A_percentile_is_a_sample_that_so_many_percent_do_not_exceed()
    {
        Spread spread = new(Enumerable.Range(1, 200).Reverse().Select(static each => (double)each));

        Assert.Equal(1, spread.Min);
        Assert.Equal(100, spread.Percentile(50));
        Assert.Equal(198, spread.Percentile(99));
        Assert.Equal(200, spread.Percentile(99.9));
        Assert.Equal(200, spread.Max);
    }

    [Fact]
    public void Of_few_samples_a_high_percentile_is_the_greatest() =>
        Assert.Equal(7, new Spread([7, 3]).Percentile(99));

    [Fact]
    public void Without_samples_it_is_zero() => Assert.Equal(0, new Spread([]).Percentile(99));

    [Fact]
    public void Samples_stay_in_their_order() => Assert.Equal([3, 1, 2], new Spread([3, 1, 2]).Samples);
}

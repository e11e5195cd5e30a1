using Concord.Cli.Bench;

namespace Concord.Cli.Tests.Bench;

public sealed class LatencyHistogramTests
{
    [Fact]
    public void Percentiles_are_within_two_percent_of_the_truth()
    {
        Random random = new(3);
        LatencyHistogram left = new();
        LatencyHistogram right = new();
        List<double> all = [];
        for (int i = 0; i < 20_000; i++)
        {
            double milliseconds = Math.Exp(random.NextDouble() * 12 - 4);
            all.Add(milliseconds);
            (i % 2 == 0 ? left : right).Record(TimeSpan.FromMilliseconds(milliseconds));
        }

        left.Add(right);
        all.Sort();
        foreach (int percent in (int[])[1, 50, 90, 99, 100])
        {
            double truth = all[all.Count * percent / 100 - 1];
            Assert.InRange(left.PercentileMs(percent), truth * 0.98 - 0.001, truth * 1.02 + 0.002);
        }
    }

    [Fact]
    public void Extremes_have_a_place()
    {
        LatencyHistogram histogram = new();
        Assert.Equal(0, histogram.PercentileMs(50));

        histogram.Record(TimeSpan.FromTicks(-1));
        histogram.Record(TimeSpan.MaxValue);

        Assert.Equal(2, histogram.Count);
        Assert.Equal(0.001, histogram.PercentileMs(50));
        Assert.InRange(histogram.PercentileMs(100), TimeSpan.MaxValue.TotalMilliseconds * 0.98, double.MaxValue);
    }
}

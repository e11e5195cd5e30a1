using System.Numerics;

namespace Concord.Cli.Bench;

/// <summary>
/// Counts latencies without keeping them: 64 buckets per power of two of a microsecond, so that a percentile is off by
/// less than two percent. Not thread-safe; one per caller, merged at the end.
/// </summary>
internal sealed class LatencyHistogram
{
    private const int SubBucketBits = 6;
    private const int SubBuckets = 1 << SubBucketBits;

    private readonly long[] _counts = new long[(64 - SubBucketBits + 1) * SubBuckets];

    public long Count { get; private set; }

    public void Record(TimeSpan latency)
    {
        _counts[BucketOf((ulong)Math.Max(0, latency.Ticks / TimeSpan.TicksPerMicrosecond))]++;
        Count++;
    }

    public void Add(LatencyHistogram other)
    {
        for (int i = 0; i < _counts.Length; i++)
        {
            _counts[i] += other._counts[i];
        }

        Count += other.Count;
    }

    /// <summary>The least bucket's upper end that so many percent of all latencies do not exceed, in
    /// milliseconds.</summary>
    public double PercentileMs(double percent)
    {
        long rank = Math.Max(1, (long)Math.Ceiling(Count * percent / 100));
        long seen = 0;
        for (int i = 0; i < _counts.Length; i++)
        {
            seen += _counts[i];
            if (seen >= rank)
            {
                return UpperEnd(i) / 1_000.0;
            }
        }

        return 0;
    }

    private static int BucketOf(ulong microseconds)
    {
        int exponent = Math.Max(0, 63 - BitOperations.LeadingZeroCount(microseconds | 1) - SubBucketBits);
        return (exponent << SubBucketBits) + (int)(microseconds >> exponent);
    }

    private static ulong UpperEnd(int bucket)
    {
        int exponent = Math.Max(0, (bucket >> SubBucketBits) - 1);
        return ((ulong)(bucket - (exponent << SubBucketBits)) + 1) << exponent;
    }
}

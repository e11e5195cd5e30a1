namespace Concord.Simulation.Consensus;

/// <summary>Draws that faults and delays are made of; times in microseconds.</summary>
internal static class DrawExtensions
{
    public static long Between(this SimRandom random, long low, long high) =>
        low + (long)(random.NextDouble() * (high - low + 1));

    public static double Between(this SimRandom random, double low, double high) =>
        low + (random.NextDouble() * (high - low));

    /// <summary>An exponential wait, cut at 20 times its mean.</summary>
    public static long Exponential(this SimRandom random, long mean) =>
        (long)(mean * Math.Min(20.0, -Math.Log(1.0 - random.NextDouble())));
}

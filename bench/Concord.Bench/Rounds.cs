namespace Concord.Bench;

/// <summary>Runs what is measured: warm-up first, then round after round.</summary>
internal static class Rounds
{
    /// <summary>The time that <paramref name="work"/> takes, in nanoseconds.</summary>
    public static double Time(Action work)
    {
        long start = TimeProvider.System.GetTimestamp();
        work();
        return TimeProvider.System.GetElapsedTime(start).TotalNanoseconds;
    }

    /// <summary>One subject alone.</summary>
    public static double[] Run(int warmUps, int rounds, Func<double> measure)
    {
        for (int i = 0; i < warmUps; i++)
        {
            measure();
        }

        double[] samples = new double[rounds];
        for (int i = 0; i < rounds; i++)
        {
            samples[i] = measure();
        }

        return samples;
    }

    /// <summary>
    /// A subject and what it is compared with, in turn: a machine that slows down slows down both, and the ratio of two
    /// neighbours says more than that of two medians.
    /// </summary>
    public static (double[] Subject, double[] Yardstick, double[] Ratios) RunPairs(
        int warmUps, int pairs, Func<double> subject, Func<double> yardstick)
    {
        for (int i = 0; i < warmUps; i++)
        {
            subject();
            yardstick();
        }

        double[] subjects = new double[pairs];
        double[] yardsticks = new double[pairs];
        double[] ratios = new double[pairs];
        for (int i = 0; i < pairs; i++)
        {
            subjects[i] = subject();
            yardsticks[i] = yardstick();
            ratios[i] = subjects[i] / yardsticks[i];
        }

        return (subjects, yardsticks, ratios);
    }
}

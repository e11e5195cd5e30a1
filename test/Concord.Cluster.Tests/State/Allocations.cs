namespace Concord.Cluster.Tests.State;

/// <summary>What code allocates by itself.</summary>
internal static class Allocations
{
    private const int Runs = 5;

    /// <summary>The least of some runs, in bytes: a collection that another test causes charges this thread with the
    /// rest of its allocation buffer. What the code allocates costs every run.</summary>
    public static long Least(Action run)
    {
        long least = long.MaxValue;
        for (int i = 0; i < Runs; i++)
        {
            long before = GC.GetAllocatedBytesForCurrentThread();
            run();
            least = Math.Min(least, GC.GetAllocatedBytesForCurrentThread() - before);
        }

        return least;
    }
}

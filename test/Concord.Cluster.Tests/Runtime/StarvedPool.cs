namespace Concord.Cluster.Tests.Runtime;

/// <summary>A pool of which all threads are stuck.</summary>
internal static class StarvedPool
{
    private const int BlockedItems = 60;

    private static readonly TimeSpan s_blocked = TimeSpan.FromSeconds(1.5);

    /// <summary>Blocks the pool, and says how many milliseconds a work item had to wait behind.</summary>
    public static long Starve()
    {
        // A pool that was starved before has more threads for a while.
        int items = BlockedItems + (4 * ThreadPool.ThreadCount);
        using var done = new CountdownEvent(items);
        using var served = new ManualResetEventSlim();
        using var never = new ManualResetEventSlim();
        long begun = TimeProvider.System.GetTimestamp();
        for (int i = 0; i < items; i++)
        {
            ThreadPool.UnsafeQueueUserWorkItem(
                _ =>
                {
                    never.Wait(s_blocked);
                    done.Signal();
                },
                null);
        }

        ThreadPool.UnsafeQueueUserWorkItem(_ => served.Set(), null);
        Assert.True(served.Wait(TimeSpan.FromMinutes(2)), "the pool never served an item behind the blocked ones");
        TimeSpan waited = TimeProvider.System.GetElapsedTime(begun);
        Assert.True(done.Wait(TimeSpan.FromMinutes(2)), "the blocked items never ended");
        Assert.True(
            waited > TimeSpan.FromSeconds(3), $"the pool was busy for {waited.TotalSeconds:F1} s only: shows nothing");
        return (long)waited.TotalMilliseconds;
    }
}

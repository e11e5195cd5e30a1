using Concord.Cluster.Runtime;

namespace Concord.Cluster.Tests.Runtime;

public sealed class StrandTests
{
    [Fact]
    public async Task Events_of_many_threads_run_one_at_a_time_and_none_is_lost()
    {
        const int threads = 8;
        const int eventsPerThread = 20_000;
        int inside = 0;
        int overlaps = 0;
        long[] next = new long[threads];
        long outOfOrder = 0;
        long handled = 0;
        long drainedAt = 0;
        var strand = new Strand<(int Thread, int Number)>(
            posted =>
            {
                overlaps += Interlocked.Increment(ref inside) == 1 ? 0 : 1;
                outOfOrder += next[posted.Thread]++ == posted.Number ? 0 : 1;
                handled++;
                Interlocked.Decrement(ref inside);
            },
            () => drainedAt = handled);

        await Task.WhenAll(Enumerable.Range(0, threads).Select(thread => Task.Factory.StartNew(
            () =>
            {
                for (int i = 0; i < eventsPerThread; i++)
                {
                    for (bool isDone = strand.Post((thread, i)); !isDone;)
                    {
                        isDone = strand.Run();
                    }
                }
            },
            CancellationToken.None,
            TaskCreationOptions.LongRunning,
            TaskScheduler.Default)));

        Assert.Equal((0, 0L), (overlaps, outOfOrder));
        Assert.Equal(threads * eventsPerThread, handled);
        Assert.Equal(handled, drainedAt);
    }

    [Fact]
    public void An_event_that_is_posted_by_an_event_runs_after_it()
    {
        var order = new List<string>();
        Strand<string> strand = null!;
        strand = new(
            posted =>
            {
                order.Add($"begin {posted}");
                if (posted == "a")
                {
                    Assert.True(strand.Post("b"));
                }

                order.Add($"end {posted}");
            },
            () => order.Add("drain"));

        strand.Post("a");

        Assert.Equal(["begin a", "end a", "begin b", "end b", "drain"], order);
    }

    [Fact]
    public void A_thread_is_let_go_and_what_is_left_is_not_lost()
    {
        int left = 100;
        int handled = 0;
        Strand<int> strand = null!;
        strand = new(
            _ => handled++,
            () =>
            {
                // Each drain makes one event more: a thread would be kept for ever.
                if (left-- > 0)
                {
                    strand.Post(0);
                }
            });

        Assert.False(strand.Post(0));
        Assert.InRange(handled, 1, 50);

        while (!strand.Run())
        {
            // Another few.
        }

        Assert.Equal(101, handled);
    }
}

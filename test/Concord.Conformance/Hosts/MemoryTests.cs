using Concord.Testing;

namespace Concord.Conformance.Hosts;

/// <summary>Alone, for it measures the memory of the process.</summary>
[CollectionDefinition(nameof(MemoryTests), DisableParallelization = true)]
public sealed class MemoryTestsAlone;

/// <summary>What was taken and given back, and what went through a queue, leaves nothing behind: twice a hundred
/// thousand rounds, and the second time memory is where it was after the first. One small object or record left behind
/// by each round would be several times the bound.</summary>
[Collection(nameof(MemoryTests))]
public sealed class MemoryTests
{
    private const int Rounds = 100_000;
    private const long BytesPerRoundMax = 8;

    [Fact]
    public Task Locks_that_were_given_back_leave_memory_where_it_was() => CompareAsync(
        static async (process, round) =>
        {
            await using ILockHandle hold = await process.GetLock($"lock-{round}").AcquireAsync();
        });

    [Fact]
    public Task Messages_that_were_completed_leave_memory_where_it_was() => CompareAsync(
        static async (process, round) =>
        {
            IConcordQueue<int> queue = process.GetQueue<int>($"queue-{round % 100}");
            await queue.EnqueueAsync(round);
            IDelivery<int> delivery = (await queue.TryReceiveAsync(TimeSpan.Zero))!;
            await delivery.CompleteAsync();
        });

    private static async Task CompareAsync(Func<IConcord, int, Task> round)
    {
        await using ConcordTestHost host = await ConcordTestHost.StartAsync();
        IConcord process = await host.ConnectAsync("process");
        await RunAsync(host, round, process, 0);
        long first = GC.GetTotalMemory(forceFullCollection: true);
        await RunAsync(host, round, process, Rounds);
        long second = GC.GetTotalMemory(forceFullCollection: true);
        if (second - first < Rounds * BytesPerRoundMax)
        {
            return;
        }

        // The process may have kept something else meanwhile. What is left behind by each round is there each time.
        await RunAsync(host, round, process, 2 * Rounds);
        long third = GC.GetTotalMemory(forceFullCollection: true);
        Assert.True(third - second < Rounds * BytesPerRoundMax, $"{first} bytes, then {second}, then {third}");
    }

    private static async Task RunAsync(
        ConcordTestHost host, Func<IConcord, int, Task> round, IConcord process, int first)
    {
        for (int i = first; i < first + Rounds; i++)
        {
            await round(process, i);
            if (i % 100 == 0)
            {
                host.Advance(TimeSpan.FromMilliseconds(20));
            }
        }
    }
}

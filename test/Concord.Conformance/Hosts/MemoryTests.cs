using System.Diagnostics;
using Concord.Testing;

namespace Concord.Conformance.Hosts;

/// <summary>What was taken and given back, and what went through a queue, leaves nothing behind. A leak of one record
/// per round is some 20 bytes at least; the bound is below half of that.</summary>
public sealed class MemoryTests
{
    private const int Rounds = 100_000;
    private const int Names = 1_000;
    private const long BytesPerRoundMax = 10;

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
            IConcordQueue<int> queue = process.GetQueue<int>($"queue-{round % Names}");
            await queue.EnqueueAsync(round);
            IDelivery<int> delivery = (await queue.TryReceiveAsync(TimeSpan.Zero))!;
            await delivery.CompleteAsync();
        });

    private static async Task CompareAsync(Func<IConcord, int, Task> round)
    {
        await using ConcordTestHost host = await ConcordTestHost.StartAsync();
        IConcord process = await host.ConnectAsync("process");
        long[] bytes = new long[3];
        for (int part = 0; part < bytes.Length; part++)
        {
            for (int i = 0; i < Rounds / 2; i++)
            {
                await round(process, (part * Rounds) + i);
                if (i % 100 == 0)
                {
                    host.Advance(TimeSpan.FromMilliseconds(20));
                }
            }

            bytes[part] = GC.GetTotalMemory(forceFullCollection: true);
        }

        Assert.True(
            bytes[2] - bytes[1] < Rounds / 2 * BytesPerRoundMax, $"memory after each part: {string.Join(", ", bytes)}");
    }
}

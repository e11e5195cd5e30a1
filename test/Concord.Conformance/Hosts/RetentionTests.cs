using Concord.Testing;

namespace Concord.Conformance.Hosts;

/// <summary>What is remembered for a day, and no longer. On the engine in memory, whose days are short; the code is
/// that of all engines.</summary>
public sealed class RetentionTests
{
    private static readonly TimeSpan s_nearlyADay = TimeSpan.FromHours(23.5);
    private static readonly TimeSpan s_more = TimeSpan.FromHours(1);

    [Fact]
    public async Task Keys_and_message_ids_are_known_for_a_day_from_whatever_process()
    {
        await using ConcordTestHost host = await ConcordTestHost.StartAsync();
        IConcord first = await host.ConnectAsync("first", static options => options.SessionTimeout = Hour);
        await first.GetQueue<int>("waits").EnqueueAsync(1, new() { MessageId = "id" });
        Assert.Equal((1, 1, true), await WriteAsync(first));
        await (await first.GetQueue<int>("q").TryReceiveAsync(TimeSpan.Zero))!.CompleteAsync();

        host.Advance(s_nearlyADay);
        IConcord second = await host.ConnectAsync("second", static options => options.SessionTimeout = Hour);
        Assert.Equal((1, 1, false), await WriteAsync(second));
        Assert.False(await second.GetQueue<int>("waits").EnqueueAsync(2, new() { MessageId = "id" }));
        host.Advance(s_more);

        Assert.Equal((2, 2, true), await WriteAsync(second));
        Assert.True(await second.GetQueue<int>("waits").EnqueueAsync(2, new() { MessageId = "id" }));
    }

    private static TimeSpan Hour => TimeSpan.FromHours(1);

    private static async Task<(long Counter, long Committed, bool IsNew)> WriteAsync(IConcord process)
    {
        long counter = await process.GetCounter("c").AddAsync(1, new WriteOptions { IdempotencyKey = "k" });
        await process.RunTransactionAsync(
            (transaction, _) =>
            {
                transaction.Add(process.GetCounter("t"), 1);
                return Task.CompletedTask;
            },
            new() { IdempotencyKey = "k" });
        bool isNew = await process.GetQueue<int>("q").EnqueueAsync(1, new() { MessageId = "id" });
        return (counter, await process.GetCounter("t").GetAsync(), isNew);
    }
}

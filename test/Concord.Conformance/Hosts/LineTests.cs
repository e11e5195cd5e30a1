using Concord.Testing;

namespace Concord.Conformance.Hosts;

/// <summary>A line has an end. On the engine in memory, for the sake of time; the code is that of all
/// engines.</summary>
public sealed class LineTests
{
    private const int Longest = 100_000;

    [Fact]
    public async Task A_hundred_thousand_wait_and_no_more()
    {
        await using ConcordTestHost host = await ConcordTestHost.StartAsync();
        IConcord process = await host.ConnectAsync("process", static options =>
        {
            options.SessionTimeout = TimeSpan.FromHours(1);
            options.OperationTimeout = TimeSpan.FromHours(1);
        });
        using var giveUp = new CancellationTokenSource();
        ILockHandle hold = await process.GetLock("l").AcquireAsync();
        Task<ILockHandle> first = process.GetLock("l").AcquireAsync().AsTask();
        Task<ILockHandle>[] others = [.. Enumerable.Range(1, Longest - 1).Select(
            _ => process.GetLock("l").AcquireAsync(giveUp.Token).AsTask())];
        Assert.Equal(Longest, (await process.GetLock("l").DescribeAsync()).Waiting);

        EngineOverloadedException refused = await Assert.ThrowsAsync<EngineOverloadedException>(
            async () => await process.GetLock("l").AcquireAsync());

        Assert.Equal(("CNC1002", OperationOutcome.Refused), (refused.ErrorCode, refused.Outcome));
        Assert.True(refused.RetryAfter > TimeSpan.Zero);
        await hold.ReleaseAsync();
        Assert.True((await first).FencingToken > hold.FencingToken);
        await giveUp.CancelAsync();
        Assert.All(others, static other => Assert.False(other.IsCompletedSuccessfully));
    }
}

using Concord.Conformance.Engines;

namespace Concord.Conformance.Cases;

/// <summary>What stays when every node is stopped and started in its turn, the leaders of all shards among
/// them.</summary>
public abstract class RestartCases(OwnNodes engine)
{
    [Fact]
    public async Task Nothing_that_was_answered_is_lost_and_nothing_that_is_held()
    {
        await using FaultyStage stage = await engine.Nodes.OpenFaultyAsync();
        IConcord first = await stage.ConnectAsync("first");
        IConcord second = await stage.ConnectAsync("second");
        ILockHandle hold = await stage.SoonAsync(first.GetLock("l").AcquireAsync());
        Task<ILockHandle> waits = second.GetLock("l").AcquireAsync().AsTask();
        await stage.LineAsync(first, "l", 1);
        IMembership member = await stage.SoonAsync(first.GetGroup("g").JoinAsync());
        await stage.SoonAsync(first.GetQueue<int>("q").EnqueueBatchAsync([1, 2, 3]));
        IDelivery<int> delivery = (await stage.SoonAsync(first.GetQueue<int>("q").TryReceiveAsync(TimeSpan.Zero)))!;
        await stage.SoonAsync(delivery.ExtendAsync(TimeSpan.FromHours(1)));
        IAsyncEnumerator<Versioned<int>> watch = second.GetValue<int>("v").WatchAsync().GetAsyncEnumerator();
        string session = first.Session.Id;
        for (int node = 0; node < engine.Nodes.Count; node++)
        {
            await engine.Nodes.StopAsync(node);
            Task<long> adds = first.GetCounter("c").AddAsync(1).AsTask();
            if (engine.Nodes.Count == 1)
            {
                await engine.Nodes.StartAsync(node);
            }

            Assert.Equal(node + 1, await stage.SoonAsync(adds));
            await stage.SoonAsync(first.GetValue<int>("v").SetAsync(node, new() { Fence = hold.Fence }));
            await stage.SoonAsync(first.RunTransactionAsync(
                (transaction, _) =>
                {
                    transaction.Require(hold.Fence);
                    transaction.Add(first.GetCounter("a"), -1);
                    transaction.Add(first.GetCounter("b"), 1);
                    return Task.CompletedTask;
                },
                new() { Timeout = TimeSpan.FromSeconds(60), MaxAttempts = 100 }));
            if (engine.Nodes.Count > 1)
            {
                await engine.Nodes.StartAsync(node);
            }
        }

        Assert.Equal(session, first.Session.Id);
        hold.ThrowIfLost();
        Assert.True(await stage.SoonAsync(hold.VerifyAsync()));
        Assert.False(waits.IsCompleted);
        Assert.Equal([member.Info], await stage.SoonAsync(second.GetGroup("g").GetMembersAsync()));
        await stage.SoonAsync(delivery.CompleteAsync());
        Assert.Equal(2, (await stage.SoonAsync(second.GetQueue<int>("q").DescribeAsync())).Ready);
        Assert.Equal(engine.Nodes.Count, await stage.SoonAsync(second.GetCounter("b").GetAsync()));
        await stage.SoonAsync(hold.ReleaseAsync());
        Assert.True((await stage.SoonAsync(waits)).FencingToken > hold.FencingToken);
        await SeesAsync(stage, watch, engine.Nodes.Count - 1);
    }

    private static async Task SeesAsync(Stage stage, IAsyncEnumerator<Versioned<int>> watch, int last)
    {
        await using (watch)
        {
            long revision = -1;
            Versioned<int> state;
            do
            {
                state = await stage.NextAsync(watch);
                Assert.True(state.Revision.Value > revision, "a watch never goes back");
                revision = state.Revision.Value;
            }
            while (!state.Exists || state.Value != last);
        }
    }
}

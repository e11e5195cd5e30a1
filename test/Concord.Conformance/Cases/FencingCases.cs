using Concord.Conformance.Engines;

namespace Concord.Conformance.Cases;

/// <summary>What the documentation of <see cref="WriteOptions.Fence"/> promises: every write takes a fence, in the
/// hold's slot and in another.</summary>
public abstract class FencingCases(Engine engine) : CaseBase(engine)
{
    public static TheoryData<string, string> Writes
    {
        get
        {
            var all = new TheoryData<string, string>();
            foreach (string write in new[]
            {
                "Set", "TrySet", "Delete", "Add", "TryAdd", "CompareExchange", "Enqueue",
            })
            {
                all.Add(write, "{lock}");
                all.Add(write, "elsewhere ");
            }

            return all;
        }
    }

    [Theory]
    [MemberData(nameof(Writes))]
    public async Task A_write_is_refused_unless_what_it_brings_is_held(string write, string tag)
    {
        IConcord first = await ConnectAsync();
        IConcord second = await ConnectAsync();
        IConcordValue<string> value = first.GetValue<string>($"{tag}v");
        Revision revision = await value.SetAsync("before");
        ILockHandle old = await second.GetLock("{lock}").AcquireAsync();
        await old.ReleaseAsync();
        ILockHandle hold = await second.GetLock("{lock}").AcquireAsync();

        FenceRejectedException refused = await Assert.ThrowsAsync<FenceRejectedException>(
            () => Stage.SoonAsync(WriteAsync(old.Fence)));

        Assert.Equal(old.Fence, refused.Presented);
        Assert.True(
            refused.Current == hold.FencingToken || (tag != "{lock}" && refused.Current.Value == 0),
            "the newest token, or zero where that is not known: in a transaction");
        Assert.Equal((OperationOutcome.Refused, false), (refused.Outcome, refused.IsTransient));
        Assert.Equal(new("before", revision), await value.GetAsync());
        Assert.Equal(0, await first.GetCounter($"{tag}c").GetAsync());
        Assert.Equal(0, (await first.GetQueue<string>($"{tag}q").DescribeAsync()).Ready);
        await Stage.SoonAsync(WriteAsync(hold.Fence));
        await hold.ReleaseAsync();
        await Assert.ThrowsAsync<FenceRejectedException>(() => Stage.SoonAsync(WriteAsync(hold.Fence)));

        Task WriteAsync(Fence fence) => WriteOneAsync(first, write, tag, revision, new() { Fence = fence });
    }

    [Theory]
    [InlineData("{lock}")]
    [InlineData("elsewhere ")]
    public async Task A_fenced_write_answers_as_one_without(string tag)
    {
        IConcord process = await ConnectAsync();
        await using ILockHandle hold = await process.GetLock("{lock}").AcquireAsync();
        var fenced = new WriteOptions { Fence = hold.Fence };
        IConcordValue<string> value = process.GetValue<string>($"{tag}v");
        IConcordCounter counter = process.GetCounter($"{tag}c");

        Revision set = await Stage.SoonAsync(value.SetAsync("a", fenced));
        Assert.Equal(new("a", set), await value.GetAsync());
        Revision? trySet = await Stage.SoonAsync(value.TrySetAsync("b", set, fenced));
        Assert.Equal(new("b", trySet!.Value), await value.GetAsync());
        Assert.Null(await Stage.SoonAsync(value.TrySetAsync("c", set, fenced)));
        Assert.True(await Stage.SoonAsync(value.DeleteAsync(fenced)));
        Assert.False(await Stage.SoonAsync(value.DeleteAsync(fenced)));
        Assert.Equal(2, await Stage.SoonAsync(counter.AddAsync(2, fenced)));
        Assert.Equal(new(false, 2), await Stage.SoonAsync(counter.TryAddAsync(2, new(Max: 3), fenced)));
        Assert.Equal(new(true, 3), await Stage.SoonAsync(counter.TryAddAsync(1, new(Max: 3), fenced)));
        Assert.Equal(3, await Stage.SoonAsync(counter.CompareExchangeAsync(9, 3, fenced)));
        Assert.Equal(9, await Stage.SoonAsync(counter.CompareExchangeAsync(1, 3, fenced)));
        await Assert.ThrowsAsync<OverflowException>(
            () => Stage.SoonAsync(counter.AddAsync(long.MaxValue, fenced)));
        Assert.True(await Stage.SoonAsync(process.GetQueue<string>($"{tag}q").EnqueueAsync(
            "m", new() { Write = fenced })));
    }

    [Fact]
    public async Task A_key_goes_with_a_fence_beside_it_only()
    {
        IConcord process = await ConnectAsync();
        await using ILockHandle hold = await process.GetLock("{lock}").AcquireAsync();
        var both = new WriteOptions { Fence = hold.Fence, IdempotencyKey = "k" };
        Assert.Equal(1, await process.GetCounter("{lock}c").AddAsync(1, both));
        Assert.Equal(1, await process.GetCounter("{lock}c").AddAsync(1, both));

        // One name in 1,024 lies beside it by chance, though it has another tag.
        int refused = 0;
        foreach (string elsewhere in new[] { "one elsewhere", "another", "a third" })
        {
            refused += await IsRefusedAsync(async () => await process.GetCounter(elsewhere).AddAsync(1, both));
            refused += await IsRefusedAsync(async () => await process.GetQueue<int>(elsewhere).EnqueueAsync(
                1, new() { MessageId = "id", Write = new() { Fence = hold.Fence } }));
        }

        Assert.InRange(refused, 2, 6);

        static async Task<int> IsRefusedAsync(Func<Task> write)
        {
            try
            {
                await write();
                return 0;
            }
            catch (ArgumentException)
            {
                return 1;
            }
        }
    }

    [Fact]
    public async Task A_fence_can_be_kept_its_name_is_50_bytes_longer_at_most_and_its_token_positive()
    {
        IConcord process = await ConnectAsync();
        string longest = new('n', 512);
        IHold[] holds =
        [
            await process.GetLock(longest).AcquireAsync(),
            await process.GetLock($"{longest[..510]}-s").AcquireAsync(
                new LockAcquireOptions { Mode = LockMode.Shared }),
            await process.GetElection(longest).CampaignAsync(),
            await process.GetSemaphore(longest, 1).AcquireAsync(),
            await process.GetGroup(longest).JoinAsync(),
            await ReceiveAsync(process.GetQueue<int>(longest)),
        ];

        Assert.All(holds, static hold =>
        {
            Assert.InRange(hold.Fence.HoldName.Length, 513, 562);
            Assert.True(hold.Fence.Token.Value > 0);
        });
        Assert.Equal(holds.Length, holds.Select(static hold => hold.Fence.HoldName).Distinct().Count());
        foreach (IHold hold in holds)
        {
            var kept = new Fence(new string(hold.Fence.HoldName), new(hold.Fence.Token.Value));
            await Stage.SoonAsync(process.GetCounter("c").AddAsync(1, new WriteOptions { Fence = kept }));
            await hold.ReleaseAsync();
            await Assert.ThrowsAsync<FenceRejectedException>(() => Stage.SoonAsync(
                process.GetCounter("c").AddAsync(1, new WriteOptions { Fence = kept })));
        }

        static async Task<IHold> ReceiveAsync(IConcordQueue<int> queue)
        {
            await queue.EnqueueAsync(1);
            return (await queue.TryReceiveAsync(TimeSpan.Zero))!;
        }
    }

    [Fact]
    public async Task Those_who_share_a_lock_have_a_fence_each()
    {
        IConcord process = await ConnectAsync();
        var shared = new LockAcquireOptions { Mode = LockMode.Shared };
        ILockHandle writer = await process.GetLock("{lock}").AcquireAsync();
        Task<ILockHandle> one = process.GetLock("{lock}").AcquireAsync(shared).AsTask();
        Task<ILockHandle> other = process.GetLock("{lock}").AcquireAsync(shared).AsTask();
        await Stage.LineAsync(process, "{lock}", 2);
        await writer.ReleaseAsync();
        ILockHandle first = await Stage.SoonAsync(one);
        ILockHandle second = await Stage.SoonAsync(other);
        await first.ReleaseAsync();

        await Assert.ThrowsAsync<FenceRejectedException>(async () => await process.GetCounter("{lock}").AddAsync(
            1, new WriteOptions { Fence = first.Fence }));
        Assert.Equal(1, await process.GetCounter("{lock}").AddAsync(1, new WriteOptions { Fence = second.Fence }));
    }

    private static async Task WriteOneAsync(
        IConcord process, string write, string tag, Revision revision, WriteOptions options)
    {
        IConcordValue<string> value = process.GetValue<string>($"{tag}v");
        IConcordCounter counter = process.GetCounter($"{tag}c");
        switch (write)
        {
            case "Set":
                await value.SetAsync("after", options);
                break;
            case "TrySet":
                await value.TrySetAsync("after", revision, options);
                break;
            case "Delete":
                await value.DeleteAsync(options);
                break;
            case "Add":
                await counter.AddAsync(1, options);
                break;
            case "TryAdd":
                await counter.TryAddAsync(1, new(Min: 0), options);
                break;
            case "CompareExchange":
                await counter.CompareExchangeAsync(1, 0, options);
                break;
            default:
                await process.GetQueue<string>($"{tag}q").EnqueueAsync("m", new() { Write = options });
                break;
        }
    }
}

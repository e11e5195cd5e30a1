using Concord.Conformance.Engines;
using Microsoft.Extensions.DependencyInjection;

namespace Concord.Conformance.Cases;

/// <summary>What may be a name, and what a name decides.</summary>
public abstract class NameCases(Engine engine) : CaseBase(engine)
{
    public static TheoryData<string> Kinds =>
        ["lock", "election", "semaphore", "group", "sequence", "queue", "counter", "value"];

    [Theory]
    [MemberData(nameof(Kinds))]
    public async Task A_name_is_any_text_of_1_to_512_bytes_of_UTF8_without_a_zero(string kind)
    {
        IConcord process = await ConnectAsync();
        await Stage.SoonAsync(UseAsync(process, kind, "a:b/c d"));
        await Stage.SoonAsync(UseAsync(process, kind, new string('x', 512)));
        await Stage.SoonAsync(UseAsync(process, kind, new string('é', 256)));
        foreach (string name in new[] { "", "a\0b", new('x', 513), new string('é', 256) + "x" })
        {
            await Assert.ThrowsAnyAsync<ArgumentException>(() => UseAsync(process, kind, name));
        }
    }

    [Fact]
    public async Task Namespaces_do_not_meet()
    {
        IConcord first = await ConnectAsync();
        IConcord other = await ConnectAsync(
            "other",
            static builder => builder.Services.Configure<ConcordOptions>(
                static options => options.Namespace += "-other"));

        await first.GetCounter("c").AddAsync(1);
        await using ILockHandle hold = await first.GetLock("l").AcquireAsync();

        Assert.Equal(0, await other.GetCounter("c").GetAsync());
        Assert.NotNull(await other.GetLock("l").TryAcquireAsync());
    }

    [Fact]
    public async Task Kinds_of_one_name_do_not_meet()
    {
        IConcord process = await ConnectAsync();
        await process.GetCounter("n").AddAsync(7);
        await process.GetValue<string>("n").SetAsync("text");
        Assert.Equal(1, await process.GetSequence("n").NextAsync());
        await process.GetQueue<int>("n").EnqueueAsync(5);
        await using ILockHandle hold = await process.GetLock("n").AcquireAsync();
        await using ILeadership leadership = await process.GetElection("n").CampaignAsync();
        await using IPermit permit = await process.GetSemaphore("n", 1).AcquireAsync();
        await using IMembership membership = await process.GetGroup("n").JoinAsync();

        Assert.Equal(7, await process.GetCounter("n").GetAsync());
        Assert.Equal("text", (await process.GetValue<string>("n").GetAsync()).Value);
        Assert.Equal(1, (await process.GetQueue<int>("n").DescribeAsync()).Ready);
    }

    [Fact]
    public async Task Case_counts()
    {
        IConcord process = await ConnectAsync();
        await process.GetCounter("name").AddAsync(1);
        Assert.Equal(0, await process.GetCounter("Name").GetAsync());
        await using ILockHandle hold = await process.GetLock("name").AcquireAsync();
        Assert.NotNull(await process.GetLock("NAME").TryAcquireAsync());
    }

    /// <summary>An idempotency key goes with a fence only where both names lie together.</summary>
    [Theory]
    [InlineData("{t}", "{t}/count")]
    [InlineData("lock of {t}", "{t}{u}")]
    public async Task Names_with_one_tag_lie_together_and_only_the_first_counts(
        string held, string written)
    {
        IConcord process = await ConnectAsync();
        await using ILockHandle hold = await process.GetLock(held).AcquireAsync();
        Assert.Equal(1, await process.GetCounter(written).AddAsync(
            1, new WriteOptions { Fence = hold.Fence, IdempotencyKey = "k" }));
    }

    /// <summary>The whole of it is hashed: neither the tag behind counts, nor the empty one. One name in 1,024 lies
    /// beside it by chance.</summary>
    [Fact]
    public async Task A_name_whose_first_tag_is_empty_has_none()
    {
        IConcord process = await ConnectAsync();
        var apart = new List<string>();
        foreach (string tag in new[] { "{t}", "{u}", "{v}" })
        {
            await using ILockHandle hold = await process.GetLock("{}" + tag).AcquireAsync();
            var options = new WriteOptions { Fence = hold.Fence, IdempotencyKey = "k" };
            Assert.Equal(1, await process.GetCounter("{}" + tag).AddAsync(1, options));
            foreach (string other in new[] { tag, "{}" })
            {
                if (await Record.ExceptionAsync(async () => await process.GetCounter(other).AddAsync(1, options))
                    is ArgumentException)
                {
                    apart.Add(other);
                }
            }
        }

        Assert.Contains("{}", apart);
        Assert.Contains(apart, static name => name != "{}");
    }

    private static async Task UseAsync(IConcord process, string kind, string name)
    {
        switch (kind)
        {
            case "lock":
                await using (ILockHandle hold = await process.GetLock(name).AcquireAsync())
                {
                    Assert.Equal(name, hold.Name);
                }

                break;
            case "election":
                await using (await process.GetElection(name).CampaignAsync())
                {
                    Assert.NotNull(await process.GetElection(name).GetLeaderAsync());
                }

                break;
            case "semaphore":
                await using (await process.GetSemaphore(name, 1).AcquireAsync())
                {
                    Assert.Null(await process.GetSemaphore(name, 1).TryAcquireAsync());
                }

                break;
            case "group":
                await using (await process.GetGroup(name).JoinAsync())
                {
                    Assert.Single(await process.GetGroup(name).GetMembersAsync());
                }

                break;
            case "sequence":
                Assert.Equal(1, await process.GetSequence(name).NextAsync());
                break;
            case "queue":
                await process.GetQueue<int>(name).EnqueueAsync(1);
                Assert.NotNull(await process.GetQueue<int>(name).TryReceiveAsync(TimeSpan.Zero));
                break;
            case "counter":
                Assert.Equal(1, await process.GetCounter(name).AddAsync(1));
                break;
            default:
                await process.GetValue<int>(name).SetAsync(1);
                Assert.Equal(1, (await process.GetValue<int>(name).GetAsync()).Value);
                break;
        }
    }
}

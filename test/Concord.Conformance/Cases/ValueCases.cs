using Concord.Conformance.Engines;

namespace Concord.Conformance.Cases;

/// <summary>What the documentation of <see cref="IConcordValue{T}"/> promises.</summary>
public abstract class ValueCases(Engine engine) : CaseBase(engine)
{
    [Fact]
    public async Task A_value_is_what_was_set_last_and_its_revision_grows()
    {
        IConcord first = await ConnectAsync();
        IConcord second = await ConnectAsync();
        Versioned<string> none = await first.GetValue<string>("v").GetAsync();
        Assert.Equal((false, Revision.None, null), (none.Exists, none.Revision, none.Value));
        Revision one = await first.GetValue<string>("v").SetAsync("one");
        Revision two = await second.GetValue<string>("v").SetAsync("two");
        Assert.True(two.Value > one.Value);
        Assert.Equal(new("two", two), await first.GetValue<string>("v").GetAsync());
        Assert.True(await first.GetValue<string>("v").DeleteAsync());
        Assert.False(await second.GetValue<string>("v").DeleteAsync());
        Assert.False((await second.GetValue<string>("v").GetAsync()).Exists);
        Assert.True((await first.GetValue<string>("v").SetAsync("three")).Value > two.Value);
    }

    [Fact]
    public async Task Setting_by_revision_is_for_one_only()
    {
        IConcord process = await ConnectAsync();
        IConcordValue<int> value = process.GetValue<int>("v");
        Revision? made = await value.TrySetAsync(1, Revision.None);
        Assert.NotNull(made);
        Assert.Null(await value.TrySetAsync(2, Revision.None));
        Revision? set = await value.TrySetAsync(2, made.Value);
        Assert.True(set!.Value.Value > made.Value.Value);
        Assert.Null(await value.TrySetAsync(3, made.Value));
        Assert.Equal(new(2, set.Value), await value.GetAsync());
    }

    [Fact]
    public async Task Updates_of_many_lose_none()
    {
        IConcord[] processes = [await ConnectAsync(), await ConnectAsync()];
        await Stage.SoonAsync(Task.WhenAll(Enumerable.Range(0, 4).Select(async i =>
        {
            for (int j = 0; j < 8; j++)
            {
                await processes[i % 2].GetValue<int>("v").UpdateAsync(static old => old.Value + 1);
            }
        })));
        Versioned<int> now = await processes[0].GetValue<int>("v").GetAsync();
        Assert.Equal(32, now.Value);
        Versioned<int> written = await processes[1].GetValue<int>("v").UpdateAsync(static old => old.Value * 2);
        Assert.Equal(64, written.Value);
        Assert.True(written.Revision.Value > now.Revision.Value);
    }

    [Fact]
    public async Task A_watch_never_goes_back_and_ends_at_the_last_value()
    {
        IConcord writer = await ConnectAsync();
        IConcord[] watchers = [writer, await ConnectAsync(), await ConnectAsync()];
        await writer.GetValue<int>("v").SetAsync(0);
        Task<List<Versioned<int>>>[] seen = [.. watchers.Select(SeeAsync)];
        for (int i = 1; i <= 40; i++)
        {
            await writer.GetValue<int>("v").SetAsync(i);
            if (i % 8 == 0)
            {
                await writer.GetValue<int>("v").DeleteAsync();
            }
        }

        await writer.GetValue<int>("v").SetAsync(1000);

        foreach (Task<List<Versioned<int>>> watch in seen)
        {
            List<Versioned<int>> states = await Stage.SoonAsync(watch);
            Versioned<int>[] there = [.. states.Where(static state => state.Exists)];
            Assert.Equal(there.OrderBy(static state => state.Revision.Value), there);
            Assert.Equal(there.DistinctBy(static state => state.Revision), there);
            Assert.Equal(there.OrderBy(static state => state.Value), there);
        }

        static async Task<List<Versioned<int>>> SeeAsync(IConcord process)
        {
            var states = new List<Versioned<int>>();
            await foreach (Versioned<int> state in process.GetValue<int>("v").WatchAsync())
            {
                states.Add(state);
                if (state.Value == 1000)
                {
                    break;
                }
            }

            return states;
        }
    }

    [Fact]
    public async Task A_watch_shows_the_first_value_and_a_deletion()
    {
        IConcord process = await ConnectAsync();
        using var end = new CancellationTokenSource();
        await using IAsyncEnumerator<Versioned<string>> watch =
            process.GetValue<string>("v").WatchAsync(end.Token).GetAsyncEnumerator();
        Assert.False((await Stage.NextAsync(watch)).Exists);
        await process.GetValue<string>("v").SetAsync("a");
        Assert.Equal("a", (await Stage.NextAsync(watch)).Value);
        await process.GetValue<string>("v").DeleteAsync();
        Assert.False((await Stage.NextAsync(watch)).Exists);
        await end.CancelAsync();
        await Assert.ThrowsAnyAsync<OperationCanceledException>(() => Stage.SoonAsync(watch.MoveNextAsync()));
    }

    [Fact]
    public async Task One_idempotency_key_is_one_write()
    {
        IConcord first = await ConnectAsync();
        IConcord second = await ConnectAsync();
        var once = new WriteOptions { IdempotencyKey = "k" };
        Revision written = await first.GetValue<string>("v").SetAsync("one", once);
        await first.GetValue<string>("v").SetAsync("two");
        Assert.Equal(written, await second.GetValue<string>("v").SetAsync("one", once));
        Assert.Equal(written, await second.GetValue<string>("v").SetAsync("three", once));
        Assert.Equal("two", (await first.GetValue<string>("v").GetAsync()).Value);
    }

    [Fact]
    public async Task What_is_too_large_is_refused_before_it_is_sent()
    {
        IConcord process = await ConnectAsync();
        await Assert.ThrowsAnyAsync<ArgumentException>(
            async () => await process.GetValue<string>("v").SetAsync(new string('x', (1 << 20) + 1)));
        string large = new('x', (1 << 20) - 100);
        await process.GetValue<string>("v").SetAsync(large);
        Assert.Equal(large, (await process.GetValue<string>("v").GetAsync()).Value);
    }
}

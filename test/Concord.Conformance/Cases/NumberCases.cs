using Concord.Conformance.Engines;

namespace Concord.Conformance.Cases;

/// <summary>What the documentation of <see cref="IConcordSequence"/> promises.</summary>
public abstract class SequenceCases(Engine engine) : CaseBase(engine)
{
    [Fact]
    public async Task Numbers_are_unique_and_grow_whoever_asks()
    {
        IConcord[] processes = [await ConnectAsync(), await ConnectAsync(), await ConnectAsync()];
        Assert.Equal(1, await processes[0].GetSequence("s").NextAsync());
        long[][] drawn = await Stage.SoonAsync(Task.WhenAll(Enumerable.Range(0, 6).Select(async i =>
        {
            var numbers = new List<long>();
            IConcordSequence sequence = processes[i % 3].GetSequence("s");
            for (int j = 0; j < 20; j++)
            {
                long first = j % 5 == 0 ? await sequence.ReserveAsync(7) : await sequence.NextAsync();
                Assert.True(numbers.Count == 0 || first > numbers[^1]);
                numbers.AddRange(Enumerable.Range(0, j % 5 == 0 ? 7 : 1).Select(offset => first + offset));
            }

            return numbers.ToArray();
        })));

        long[] all = [.. drawn.SelectMany(static numbers => numbers)];
        Assert.Equal(all.Length, all.Distinct().Count());
        Assert.True(await processes[1].GetSequence("s").NextAsync() > all.Max());
    }

    [Fact]
    public async Task A_block_has_its_bounds_and_the_last_number_is_the_last()
    {
        IConcord process = await ConnectAsync();
        IConcordSequence sequence = process.GetSequence("s");
        await Assert.ThrowsAsync<ArgumentOutOfRangeException>(async () => await sequence.ReserveAsync(0));
        await Assert.ThrowsAsync<ArgumentOutOfRangeException>(async () => await sequence.ReserveAsync(1_000_000_001));
        Assert.Equal(1, await sequence.ReserveAsync(1_000_000_000));
        Assert.Equal(1_000_000_001, await sequence.NextAsync());
    }
}

/// <summary>What the documentation of <see cref="IConcordCounter"/> promises.</summary>
public abstract class CounterCases(Engine engine) : CaseBase(engine)
{
    [Fact]
    public async Task A_counter_is_zero_before_its_first_change()
    {
        IConcord process = await ConnectAsync();
        IConcordCounter counter = process.GetCounter("c");
        Assert.Equal((0, "c"), (await counter.GetAsync(), counter.Name));
        Assert.Equal(5, await counter.AddAsync(5));
        Assert.Equal(-2, await counter.AddAsync(-7));
        Assert.Equal(-2, await counter.GetAsync());
    }

    [Fact]
    public async Task No_addition_of_many_processes_gets_lost()
    {
        IConcord[] processes = [await ConnectAsync(), await ConnectAsync(), await ConnectAsync()];
        long[] answers = await Stage.SoonAsync(Task.WhenAll(Enumerable.Range(0, 90).Select(
            i => processes[i % 3].GetCounter("c").AddAsync(1).AsTask())));
        Assert.Equal(Enumerable.Range(1, 90).Select(static i => (long)i), answers.Order());
        Assert.All(processes, process => Assert.Equal(90, process.GetCounter("c").GetAsync().AsTask().Result));
    }

    [Fact]
    public async Task Bounds_refuse_and_say_so_and_nothing_leaves_64_bits()
    {
        IConcord process = await ConnectAsync();
        IConcordCounter counter = process.GetCounter("c");
        Assert.Equal(new CounterResult(true, 3), await counter.TryAddAsync(3, new(Min: 0, Max: 3)));
        Assert.Equal(new CounterResult(false, 3), await counter.TryAddAsync(1, new(Min: 0, Max: 3)));
        Assert.Equal(new CounterResult(false, 3), await counter.TryAddAsync(-4, new(Min: 0)));
        Assert.Equal(new CounterResult(true, 0), await counter.TryAddAsync(-3, new(Min: 0)));
        await counter.AddAsync(long.MaxValue);
        await Assert.ThrowsAsync<OverflowException>(async () => await counter.AddAsync(1));
        await Assert.ThrowsAsync<OverflowException>(async () => await counter.TryAddAsync(1, new(Min: 0)));
        Assert.Equal(long.MaxValue, await counter.GetAsync());
        Assert.Equal(long.MinValue, await process.GetCounter("least").AddAsync(long.MinValue));
        await Assert.ThrowsAsync<OverflowException>(async () => await process.GetCounter("least").AddAsync(-1));
    }

    [Fact]
    public async Task Of_many_who_want_the_last_ones_as_many_get_one_as_there_are()
    {
        IConcord[] processes = [await ConnectAsync(), await ConnectAsync(), await ConnectAsync()];
        await processes[0].GetCounter("stock").AddAsync(10);
        CounterResult[] taken = await Stage.SoonAsync(Task.WhenAll(Enumerable.Range(0, 30).Select(
            i => processes[i % 3].GetCounter("stock").TryAddAsync(-1, new(Min: 0)).AsTask())));
        Assert.Equal(10, taken.Count(static one => one.Succeeded));
        Assert.Equal(0, await processes[1].GetCounter("stock").GetAsync());
    }

    [Fact]
    public async Task Bounds_belong_to_a_call_and_not_to_the_counter()
    {
        IConcord process = await ConnectAsync();
        await process.GetCounter("c").TryAddAsync(1, new(Min: 0, Max: 1));
        Assert.Equal(-4, await process.GetCounter("c").AddAsync(-5));
        Assert.Equal(new CounterResult(false, -4), await process.GetCounter("c").TryAddAsync(1, new(Min: 0)));
    }

    [Fact]
    public async Task Compare_exchange_returns_what_was_there()
    {
        IConcord process = await ConnectAsync();
        IConcordCounter counter = process.GetCounter("c");
        Assert.Equal(0, await counter.CompareExchangeAsync(8, 1));
        Assert.Equal(0, await counter.CompareExchangeAsync(8, 0));
        Assert.Equal(8, await counter.CompareExchangeAsync(9, 0));
        Assert.Equal(8, await counter.GetAsync());
    }

    [Fact]
    public async Task One_idempotency_key_is_one_addition_from_whatever_process()
    {
        IConcord first = await ConnectAsync();
        IConcord second = await ConnectAsync();
        var once = new WriteOptions { IdempotencyKey = "order-7" };
        Assert.Equal(5, await first.GetCounter("c").AddAsync(5, once));
        Assert.Equal(6, await second.GetCounter("c").AddAsync(1));
        Assert.Equal(5, await second.GetCounter("c").AddAsync(5, once));
        Assert.Equal(5, await first.GetCounter("c").AddAsync(5, once));
        Assert.Equal(5, await first.GetCounter("another").AddAsync(5, once));
        Assert.Equal(6, await first.GetCounter("c").GetAsync());
        await Stage.LeaveAsync(first);
        Assert.Equal(5, await second.GetCounter("c").AddAsync(5, once));
        await Assert.ThrowsAnyAsync<ArgumentException>(async () => await second.GetCounter("c").AddAsync(
            1, new WriteOptions { IdempotencyKey = new string('x', 257) }));
    }

    [Fact]
    public async Task What_was_refused_is_not_what_its_key_stands_for()
    {
        IConcord process = await ConnectAsync();
        IConcordCounter stock = process.GetCounter("c");
        var once = new WriteOptions { IdempotencyKey = "order-8" };
        Assert.False((await stock.TryAddAsync(-1, new(Min: 0), once)).Succeeded);
        await stock.AddAsync(5);

        Assert.Equal(new CounterResult(true, 4), await stock.TryAddAsync(-1, new(Min: 0), once));
        Assert.Equal(new CounterResult(true, 4), await stock.TryAddAsync(-1, new(Min: 0), once));

        Assert.Equal(4, await stock.GetAsync());
        await Assert.ThrowsAsync<InvalidOperationException>(
            () => Stage.SoonAsync(stock.CompareExchangeAsync(9, 4, once)));
    }

    [Fact]
    public async Task A_key_gets_the_first_answer_also_when_it_asks_for_something_else()
    {
        IConcord first = await ConnectAsync();
        IConcord second = await ConnectAsync();
        var once = new WriteOptions { IdempotencyKey = "order-7" };
        Assert.Equal(5, await first.GetCounter("c").AddAsync(5, once));

        Assert.Equal(5, await first.GetCounter("c").AddAsync(7, once));
        Assert.Equal(5, await second.GetCounter("c").AddAsync(-5, once));

        Assert.Equal(5, await second.GetCounter("c").GetAsync());
        Assert.Equal(6, await second.GetCounter("c").AddAsync(1));
    }
}

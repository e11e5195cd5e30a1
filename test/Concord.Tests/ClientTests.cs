using System.Buffers;
using System.Diagnostics;
using System.Diagnostics.Metrics;
using Concord.Engines;
using Concord.Operations;
using Concord.Primitives;

namespace Concord.Tests;

public sealed class ClientTests
{
    private readonly ModelEngine _engine = new();
    private readonly ConcordClient _concord;

    public ClientTests() => _concord = _engine.NewClient(new ManualTime());

    [Fact]
    public async Task A_counter_counts()
    {
        IConcordCounter counter = _concord.GetCounter("stock");
        Assert.Equal(0, await counter.GetAsync());
        Assert.Equal(5, await counter.AddAsync(5));
        Assert.Equal(new CounterResult(true, 2), await counter.TryAddAsync(-3, new(Min: 0)));
        Assert.Equal(new CounterResult(false, 2), await counter.TryAddAsync(-3, new(Min: 0)));
        Assert.Equal(new CounterResult(false, 2), await counter.TryAddAsync(1, new(Max: 2)));
        Assert.Equal(2, await counter.CompareExchangeAsync(9, 1));
        Assert.Equal(2, await counter.CompareExchangeAsync(9, 2));
        Assert.Equal(9, await counter.GetAsync());
    }

    [Fact]
    public async Task Leaving_64_bits_throws_also_from_the_bounded_addition()
    {
        IConcordCounter counter = _concord.GetCounter("stock");
        await counter.AddAsync(long.MaxValue);
        await Assert.ThrowsAsync<OverflowException>(async () => await counter.AddAsync(1));
        await Assert.ThrowsAsync<OverflowException>(async () => await counter.TryAddAsync(1, new(Min: 0)));
        Assert.False((await counter.TryAddAsync(1, new(Max: 100))).Succeeded);
        await Assert.ThrowsAsync<ArgumentException>(async () => await counter.TryAddAsync(1, new(Min: 2, Max: 1)));
        Assert.Equal(long.MaxValue, await counter.GetAsync());
    }

    [Fact]
    public async Task A_value_keeps_what_was_set()
    {
        IConcordValue<Order> value = _concord.GetValue<Order>("order/1");
        Assert.False((await value.GetAsync()).Exists);
        Revision first = await value.SetAsync(new("c-1", 12));
        Assert.Equal(new(new Order("c-1", 12), first), await value.GetAsync());
        Assert.Null(await value.TrySetAsync(new("c-1", 13), Revision.None));
        Revision? second = await value.TrySetAsync(new("c-1", 13), first);
        Assert.True(second!.Value.Value > first.Value);
        Assert.True(await value.DeleteAsync());
        Assert.False(await value.DeleteAsync());
        Assert.NotNull(await value.TrySetAsync(new("c-2", 1), Revision.None));
    }

    [Fact]
    public async Task An_update_runs_again_when_another_was_faster()
    {
        IConcordValue<int> value = _concord.GetValue<int>("n");
        await value.SetAsync(1);
        int runs = 0;
        Versioned<int> written = await value.UpdateAsync(old =>
        {
            if (++runs <= 3)
            {
                value.SetAsync(old.Value * 10).AsTask().GetAwaiter().GetResult();
            }

            return old.Value + 1;
        });
        Assert.Equal((4, 1_001), (runs, written.Value));
        Assert.Equal(written, await value.GetAsync());
    }

    [Fact]
    public async Task An_update_that_never_wins_ends_with_the_operation_timeout()
    {
        var time = new ManualTime();
        IConcordValue<int> value = _engine.NewClient(time).GetValue<int>("n");
        EngineOverloadedException thrown = await Assert.ThrowsAsync<EngineOverloadedException>(async () =>
            await value.UpdateAsync(old =>
            {
                value.SetAsync(old.Value + 1).AsTask().GetAwaiter().GetResult();
                time.Advance(TimeSpan.FromSeconds(1));
                return 0;
            }));
        Assert.Equal("CNC1002", thrown.ErrorCode);
    }

    [Fact]
    public async Task A_reader_with_another_format_gets_a_clear_error()
    {
        await _concord.GetValue<string>("v").SetAsync("text");
        InvalidOperationException thrown = await Assert.ThrowsAsync<InvalidOperationException>(
            async () => await _concord.GetValue("v", new RawSerializer()).GetAsync());
        Assert.Contains("application/json", thrown.Message, StringComparison.Ordinal);
        Assert.Contains("application/raw", thrown.Message, StringComparison.Ordinal);

        await _concord.GetValue("raw", new RawSerializer()).SetAsync([1, 2, 3]);
        Assert.Equal([1, 2, 3], (await _concord.GetValue("raw", new RawSerializer()).GetAsync()).Value);
    }

    [Fact]
    public async Task A_value_beyond_a_mebibyte_is_an_argument_error_and_is_not_sent()
    {
        IConcordValue<byte[]> value = _concord.GetValue("raw", new RawSerializer());
        await value.SetAsync(new byte[1 << 20]);
        byte[] large = new byte[(1 << 20) + 1];
        await Assert.ThrowsAsync<ArgumentException>("value", async () => await value.SetAsync(large));
        await Assert.ThrowsAsync<ArgumentException>("update", async () => await value.UpdateAsync(_ => large));
        await Assert.ThrowsAsync<ArgumentException>("newValue", () => _concord.RunTransactionAsync((transaction, _) =>
        {
            transaction.Set(value, large);
            return Task.CompletedTask;
        }));
        Assert.Equal(1, _engine.Operations);
    }

    [Fact]
    public void Names_are_checked_before_anything_else()
    {
        Assert.Throws<ArgumentException>(() => _concord.GetCounter(""));
        Assert.Throws<ArgumentException>(() => _concord.GetCounter("a\0b"));
        Assert.Throws<ArgumentException>(() => _concord.GetCounter(new string('x', 513)));
        Assert.Throws<ArgumentException>(() => _concord.GetValue<int>(new string('x', 50_000_000)));
        Assert.Throws<ArgumentNullException>(() => _concord.GetCounter(null!));
        Assert.Equal(512, _concord.GetCounter(new string('x', 512)).Name.Length);
    }

    [Fact]
    public async Task Namespaces_do_not_see_each_other()
    {
        ConcordClient other = _engine.NewClient(configure: options => options.Namespace = "test");
        await other.GetCounter("n").AddAsync(5);
        Assert.Equal(0, await _concord.GetCounter("n").GetAsync());
        Assert.Equal(5, await other.GetCounter("n").GetAsync());
    }

    [Fact]
    public async Task The_same_idempotency_key_on_the_same_name_gets_the_first_answer()
    {
        var options = new WriteOptions { IdempotencyKey = "order-1" };
        IConcordCounter counter = _concord.GetCounter("{a}stock"), sameSlot = _concord.GetCounter("{a}other");
        Assert.Equal(3, await counter.AddAsync(3, options));
        await counter.AddAsync(10);
        Assert.Equal(3, await _engine.NewClient().GetCounter("{a}stock").AddAsync(3, options));
        Assert.Equal(13, await counter.GetAsync());
        Assert.Equal(4, await sameSlot.AddAsync(4, options));
        await Assert.ThrowsAsync<InvalidOperationException>(
            async () => await counter.CompareExchangeAsync(1, 13, options));
        Assert.Equal(13, await counter.GetAsync());
    }

    [Theory]
    [InlineData(0)]
    [InlineData(257)]
    public async Task An_idempotency_key_has_bounds(int length)
    {
        var options = new WriteOptions { IdempotencyKey = new string('k', length) };
        await Assert.ThrowsAsync<ArgumentException>(async () => await _concord.GetCounter("n").AddAsync(1, options));
        await Assert.ThrowsAsync<ArgumentException>(async () => await _concord.RunTransactionAsync(
            (_, _) => Task.CompletedTask, new() { IdempotencyKey = new string('k', length) }));
    }

    [Fact]
    public async Task An_unknown_outcome_can_be_asked_for()
    {
        _engine.LosesAnswers = true;
        OutcomeUnknownException lost = await Assert.ThrowsAsync<OutcomeUnknownException>(
            async () => await _concord.GetCounter("n").AddAsync(1));
        Assert.Equal(("CNC1003", OperationOutcome.Unknown), (lost.ErrorCode, lost.Outcome));
        Assert.Equal(OperationOutcome.Done, await _concord.GetOutcomeAsync(lost.Request));

        lost = await Assert.ThrowsAsync<OutcomeUnknownException>(
            async () => await _concord.GetCounter("n").TryAddAsync(-9, new(Min: 0)));
        Assert.Equal(OperationOutcome.Refused, await _concord.GetOutcomeAsync(lost.Request));

        var never = new RequestKey(new(3), ModelEngine.Session, 1_000_000);
        Assert.Equal(OperationOutcome.Refused, await _concord.GetOutcomeAsync(new(never.ToString())));
        _engine.Forget(never);
        Assert.Equal(OperationOutcome.Unknown, await _concord.GetOutcomeAsync(new(never.ToString())));
        await Assert.ThrowsAsync<ArgumentException>(async () => await _concord.GetOutcomeAsync(new("nonsense")));
    }

    [Fact]
    public async Task A_call_is_one_activity_and_one_duration_also_when_it_fails()
    {
        string name = "telemetry-of-this-test";
        List<Activity> activities = [];
        List<string> durations = [];
        using var activityListener = new ActivityListener
        {
            ShouldListenTo = source => source.Name == ConcordTelemetry.ActivitySourceName,
            Sample = (ref ActivityCreationOptions<ActivityContext> _) => ActivitySamplingResult.AllData,
            ActivityStopped = activity =>
            {
                lock (activities)
                {
                    activities.Add(activity);
                }
            },
        };
        ActivitySource.AddActivityListener(activityListener);
        using var meterListener = new MeterListener
        {
            InstrumentPublished = (instrument, listener) =>
            {
                if (instrument.Meter.Name == ConcordTelemetry.MeterName)
                {
                    listener.EnableMeasurementEvents(instrument);
                }
            },
        };
        meterListener.SetMeasurementEventCallback<double>((_, _, tags, _) =>
        {
            lock (durations)
            {
                durations.Add(string.Join(' ', tags.ToArray().Select(tag => tag.Value)));
            }
        });
        meterListener.Start();

        await _concord.GetCounter(name).AddAsync(1);
        _engine.BeforeCall = _ => throw new TelemetryProbeException();
        await Assert.ThrowsAsync<TelemetryProbeException>(async () => await _concord.GetCounter(name).GetAsync());

        // Other tests go on meanwhile, and are heard too.
        Activity[] own;
        string[] taken;
        lock (activities)
        {
            own = [.. activities.Where(activity => Equals(activity.GetTagItem("concord.name"), name))];
        }

        lock (durations)
        {
            taken = [.. durations];
        }

        Assert.Equal(["counter.add", "counter.get"], own.Select(activity => activity.OperationName));
        Assert.Equal([ActivityStatusCode.Unset, ActivityStatusCode.Error], own.Select(activity => activity.Status));
        Assert.Contains("counter.add", taken);
        Assert.Single(taken, "counter.get TelemetryProbeException");
    }

    private sealed record Order(string Customer, int Amount);

    private sealed class TelemetryProbeException : Exception;

    private sealed class RawSerializer : IConcordSerializer<byte[]>
    {
        public string ContentType => "application/raw";

        public void Serialize(byte[] value, IBufferWriter<byte> target) => target.Write(value);

        public byte[] Deserialize(ReadOnlySequence<byte> source) => source.ToArray();
    }
}

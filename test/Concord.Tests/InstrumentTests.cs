using System.Collections.Concurrent;
using System.Diagnostics.Metrics;
using Concord.Primitives;

namespace Concord.Tests;

/// <summary>What can be measured from outside, under the names that are promised.</summary>
public sealed class InstrumentTests
{
    [Fact]
    public async Task Holds_and_deliveries_are_measured_by_kind_and_outcome()
    {
        var seen = new HashSet<string>();
        using var listener = new MeterListener();
        listener.InstrumentPublished = (instrument, self) =>
        {
            if (instrument.Meter.Name == ConcordTelemetry.MeterName)
            {
                self.EnableMeasurementEvents(instrument);
            }
        };
        listener.SetMeasurementEventCallback<double>((instrument, _, tags, _) => Note(instrument, tags));
        listener.SetMeasurementEventCallback<long>((instrument, _, tags, _) => Note(instrument, tags));
        listener.Start();

        var engine = new ModelEngine();
        ConcordClient client = engine.NewClient();
        ILockHandle handle = await client.GetLock("a").AcquireAsync();
        await handle.DisposeAsync();
        IConcordQueue<string> queue = client.GetQueue<string>("q");
        await queue.EnqueueBatchAsync(["a", "b", "c", "d"]);
        IDelivery<string> first = (await queue.TryReceiveAsync(TimeSpan.Zero))!;
        await first.ExtendAsync(TimeSpan.FromMinutes(1));
        await first.CompleteAsync();
        await (await queue.TryReceiveAsync(TimeSpan.Zero))!.FailAsync(TimeSpan.FromMinutes(1));
        await (await queue.TryReceiveAsync(TimeSpan.Zero))!.DeadLetterAsync("no");
        await (await queue.TryReceiveAsync(TimeSpan.Zero))!.DisposeAsync();
        ILeadership lost = await client.GetElection("e").CampaignAsync();
        engine.LoseSession();
        await Soon.Cancelled(lost.Lost);

        string[] promised =
        [
            "concord.hold.wait.duration lock", "concord.hold.duration lock", "concord.hold.wait.duration queue",
            "concord.hold.duration queue", "concord.hold.renew.margin queue", "concord.hold.lost election",
            "concord.queue.deliveries completed", "concord.queue.deliveries failed",
            "concord.queue.deliveries dead_lettered", "concord.queue.deliveries released",
        ];
        await Soon.Until(
            () =>
            {
                lock (seen)
                {
                    return promised.All(seen.Contains);
                }
            },
            string.Join(", ", promised));

        void Note(Instrument instrument, ReadOnlySpan<KeyValuePair<string, object?>> tags)
        {
            foreach ((string key, object? value) in tags)
            {
                if (key is "concord.hold.kind" or "concord.outcome")
                {
                    lock (seen)
                    {
                        seen.Add($"{instrument.Name} {value}");
                    }
                }
            }
        }
    }
    [Fact]
    public async Task Instruments_are_measured_in_what_the_guide_says()
    {
        var units = new ConcurrentDictionary<string, string?>();
        using var listener = new MeterListener();
        listener.InstrumentPublished = (instrument, _) =>
        {
            if (instrument.Meter.Name == ConcordTelemetry.MeterName)
            {
                units[instrument.Name] = instrument.Unit;
            }
        };
        listener.Start();

        await new ModelEngine().NewClient().GetCounter("c").AddAsync(1);

        var expected = new Dictionary<string, string?>
        {
            ["concord.client.call.duration"] = "s",
            ["concord.hold.wait.duration"] = "s",
            ["concord.hold.duration"] = "s",
            ["concord.hold.renew.margin"] = "s",
            ["concord.hold.lost"] = "{hold}",
            ["concord.queue.deliveries"] = "{message}",
        };
        Assert.Equal(
            expected.OrderBy(static each => each.Key), units.OrderBy(static each => each.Key, StringComparer.Ordinal));
    }
}

using System.Diagnostics;
using System.Diagnostics.Metrics;

namespace Concord.Primitives;

/// <summary>The one meter and the one activity source. Names of objects are no tags of metrics: they would be without
/// bound.</summary>
internal static class Instruments
{
    public static ActivitySource Activities { get; } = new(ConcordTelemetry.ActivitySourceName);

    private static readonly Meter s_meter = new(ConcordTelemetry.MeterName);

    public static Histogram<double> CallDuration { get; } = s_meter.CreateHistogram<double>(
        "concord.client.call.duration", unit: "s", description: "How long calls take, with retries and waits.");

    public static Histogram<double> HoldWait { get; } = s_meter.CreateHistogram<double>(
        "concord.hold.wait.duration", unit: "s", description: "How long it takes until a hold is granted.");

    public static Histogram<double> HoldDuration { get; } = s_meter.CreateHistogram<double>(
        "concord.hold.duration", unit: "s", description: "How long holds are held.");

    public static Counter<long> HoldsLost { get; } = s_meter.CreateCounter<long>(
        "concord.hold.lost", unit: "{hold}", description: "Holds that were lost, and not given back.");

    public static Histogram<double> RenewMargin { get; } = s_meter.CreateHistogram<double>(
        "concord.hold.renew.margin", unit: "s", description: "How much time a delivery had left when it was extended.");

    public static Counter<long> Deliveries { get; } = s_meter.CreateCounter<long>(
        "concord.queue.deliveries", unit: "{message}", description: "Deliveries, by how they were settled.");

    public static KeyValuePair<string, object?> Kind(string kind) => new("concord.hold.kind", kind);

    public static KeyValuePair<string, object?> Outcome(string outcome) => new("concord.outcome", outcome);
}

namespace Concord;

/// <summary>Names for AddMeter and AddSource; no OpenTelemetry package needed.</summary>
public static class ConcordTelemetry
{
    /// <summary>
    /// The meter: <c>concord.client.call.duration</c> in seconds, by <c>concord.call</c> and <c>error.type</c>; by
    /// <c>concord.hold.kind</c> (lock, election, semaphore, queue, group) <c>concord.hold.wait.duration</c>,
    /// <c>concord.hold.duration</c> and <c>concord.hold.renew.margin</c> in seconds, and <c>concord.hold.lost</c>; by
    /// <c>concord.outcome</c> (completed, failed, dead_lettered, released) <c>concord.queue.deliveries</c>.
    /// </summary>
    public const string MeterName = "Concord";

    /// <summary>The activity source: one activity per call.</summary>
    public const string ActivitySourceName = "Concord";
}

namespace Concord;

/// <summary>Names for AddMeter and AddSource; no OpenTelemetry package needed.</summary>
public static class ConcordTelemetry
{
    /// <summary>The meter: <c>concord.client.call.duration</c> in seconds, by <c>concord.call</c> and
    /// <c>error.type</c>.</summary>
    public const string MeterName = "Concord";

    /// <summary>The activity source: one activity per call.</summary>
    public const string ActivitySourceName = "Concord";
}

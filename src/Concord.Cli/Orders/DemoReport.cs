using System.Text.Json;

namespace Concord.Cli.Orders;

/// <summary>What the demo found out.</summary>
internal sealed record DemoReport
{
    /// <summary>Well-formed and not repeated.</summary>
    public required int Orders { get; init; }

    public required int Committed { get; init; }

    /// <summary>Of the committed ones, how many an earlier run on the same data had placed.</summary>
    public required int CommittedBefore { get; init; }

    public required int OutOfStock { get; init; }

    public required int InsufficientFunds { get; init; }

    public required IReadOnlyList<InvalidLine> InvalidLines { get; init; }

    public required int Unresolved { get; init; }

    /// <summary>By the demo itself.</summary>
    public required int Kills { get; init; }

    public required int KilledFromOutside { get; init; }

    public required int LeaderChanges { get; init; }

    /// <summary>The longest time without any commit after the kill; 0 when there was none.</summary>
    public required double RecoveryMs { get; init; }

    /// <summary>Orders settled by this run, per second.</summary>
    public required double ThroughputPerSecond { get; init; }

    public required double P50Ms { get; init; }

    public required double P99Ms { get; init; }

    public required IReadOnlyList<AuditCheck> Audit { get; init; }

    public int Rejected => OutOfStock + InsufficientFunds;

    public bool AuditPassed => Audit.All(check => check.Passed);

    public static DemoReport Of(OrderFile file, OrderRun run, int committedBefore, IReadOnlyList<AuditCheck> audit) =>
        new()
    {
        Orders = file.Orders.Count,
        Committed = run.Count(OrderOutcome.Committed),
        CommittedBefore = committedBefore,
        OutOfStock = run.Count(OrderOutcome.OutOfStock),
        InsufficientFunds = run.Count(OrderOutcome.InsufficientFunds),
        InvalidLines = file.InvalidLines,
        Unresolved = run.Count(OrderOutcome.Unresolved),
        Kills = 0,
        KilledFromOutside = 0,
        LeaderChanges = 0,
        RecoveryMs = Math.Round(run.LongestSilence.TotalMilliseconds, 1),
        ThroughputPerSecond = Throughput(run),
        P50Ms = Percentile(run.Latencies, 50),
        P99Ms = Percentile(run.Latencies, 99),
        Audit = audit,
    };

    public byte[] ToJson()
    {
        using MemoryStream stream = new();
        using (Utf8JsonWriter writer = new(stream, new JsonWriterOptions { Indented = true }))
        {
            writer.WriteStartObject();
            WriteCounts(writer);
            WriteMeasurements(writer);
            WriteAudit(writer);
            writer.WriteEndObject();
        }

        return stream.ToArray();
    }

    private void WriteCounts(Utf8JsonWriter writer)
    {
        writer.WriteNumber("orders", Orders);
        writer.WriteNumber("committed", Committed);
        writer.WriteNumber("committedBefore", CommittedBefore);
        writer.WriteNumber("rejected", Rejected);
        writer.WriteStartObject("rejectedByReason");
        writer.WriteNumber(nameof(OrderOutcome.OutOfStock), OutOfStock);
        writer.WriteNumber(nameof(OrderOutcome.InsufficientFunds), InsufficientFunds);
        writer.WriteEndObject();
        writer.WriteNumber("invalid", InvalidLines.Count);
        writer.WriteNumber("unresolved", Unresolved);
    }

    private void WriteMeasurements(Utf8JsonWriter writer)
    {
        writer.WriteNumber("kills", Kills);
        writer.WriteNumber("killedFromOutside", KilledFromOutside);
        writer.WriteNumber("leaderChanges", LeaderChanges);
        writer.WriteNumber("recoveryMs", RecoveryMs);
        writer.WriteNumber("throughputPerSecond", ThroughputPerSecond);
        writer.WriteNumber("p50Ms", P50Ms);
        writer.WriteNumber("p99Ms", P99Ms);
    }

    private void WriteAudit(Utf8JsonWriter writer)
    {
        writer.WriteBoolean("auditPassed", AuditPassed);
        writer.WriteStartArray("audit");
        foreach (AuditCheck check in Audit)
        {
            writer.WriteStartObject();
            writer.WriteString("check", check.Name);
            writer.WriteBoolean("passed", check.Passed);
            writer.WriteString("detail", check.Detail);
            writer.WriteEndObject();
        }

        writer.WriteEndArray();
        writer.WriteStartArray("invalidLines");
        foreach (InvalidLine invalid in InvalidLines)
        {
            writer.WriteStartObject();
            writer.WriteNumber("line", invalid.Line);
            writer.WriteString("reason", invalid.Reason);
            writer.WriteEndObject();
        }

        writer.WriteEndArray();
    }

    private static double Throughput(OrderRun run) =>
        run.Elapsed > TimeSpan.Zero ? Math.Round(run.Latencies.Count / run.Elapsed.TotalSeconds, 1) : 0;

    /// <summary>Nearest rank: a time that some order really took.</summary>
    private static double Percentile(IReadOnlyList<TimeSpan> sorted, int percent)
    {
        if (sorted.Count == 0)
        {
            return 0;
        }

        int rank = (int)(((long)sorted.Count * percent + 99) / 100);
        return Math.Round(sorted[Math.Max(rank, 1) - 1].TotalMilliseconds, 3);
    }
}

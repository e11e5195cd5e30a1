using System.Text.Json;
using Concord.Simulation;

namespace Concord.Cli.Commands;

/// <summary>What <c>concord simulate --json</c> writes.</summary>
internal static class SimulationJson
{
    public static byte[] Write(SimulationReport report)
    {
        using MemoryStream stream = new();
        using (Utf8JsonWriter writer = new(stream, new JsonWriterOptions { Indented = true }))
        {
            writer.WriteStartObject();
            writer.WriteNumber("seeds", report.Seeds);
            writer.WriteNumber("violations", report.Violations.Count);
            writer.WriteNumber("seedsPerSecond", Math.Round(report.SeedsPerSecond, 2));
            writer.WriteNumber("simSecondsPerSecond", Math.Round(report.SimulatedSecondsPerSecond, 2));
            writer.WriteNumber("operations", report.Operations);
            writer.WriteNumber("unknown", report.Unknown);
            writer.WriteString("traceHash", report.TraceHash.ToString("x16", null));
            WriteFaults(writer, report);
            WriteViolations(writer, report);
            writer.WriteEndObject();
        }

        return stream.ToArray();
    }

    private static void WriteFaults(Utf8JsonWriter writer, SimulationReport report)
    {
        writer.WriteStartObject("faults");
        foreach ((string fault, long hits) in report.FaultHits.OrderBy(hit => hit.Key, StringComparer.Ordinal))
        {
            writer.WriteNumber(fault, hits);
        }

        writer.WriteEndObject();
    }

    private static void WriteViolations(Utf8JsonWriter writer, SimulationReport report)
    {
        writer.WriteStartArray("violationDetails");
        foreach (SimulationViolation violation in report.Violations)
        {
            writer.WriteStartObject();
            writer.WriteNumber("seed", violation.Seed);
            writer.WriteString("profile", violation.Profile);
            writer.WriteString("invariant", violation.Invariant);
            writer.WriteString("message", violation.Message);
            writer.WriteString("repeat", violation.RepeatCommand);
            WriteShrunk(writer, violation.Shrunk);
            writer.WriteEndObject();
        }

        writer.WriteEndArray();
    }

    private static void WriteShrunk(Utf8JsonWriter writer, ShrunkRun? shrunk)
    {
        if (shrunk is null)
        {
            return;
        }

        writer.WriteStartObject("shrunk");
        writer.WriteString("repeat", shrunk.RepeatCommand);
        writer.WriteNumber("faultsBefore", shrunk.FaultsBefore);
        writer.WriteNumber("faultsAfter", shrunk.FaultsAfter);
        writer.WriteNumber("operationsBefore", shrunk.OperationsBefore);
        writer.WriteNumber("operationsAfter", shrunk.OperationsAfter);
        writer.WriteNumber("runs", shrunk.Runs);
        writer.WriteEndObject();
    }
}

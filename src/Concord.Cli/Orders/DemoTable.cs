using System.Globalization;
using Spectre.Console;

namespace Concord.Cli.Orders;

/// <summary>The report for people.</summary>
internal static class DemoTable
{
    public static Table Of(DemoReport report)
    {
        Table table = new Table().Border(TableBorder.Rounded).AddColumn("Orders demo");
        table.AddColumn(new TableColumn("").RightAligned());
        AddCounts(table, report);
        AddMeasurements(table, report);
        table.AddEmptyRow();
        foreach (AuditCheck check in report.Audit)
        {
            Add(table, $"{(check.Passed ? "✓" : "✗")} {check.Name}", check.Detail);
        }

        Add(table, "Audit", report.AuditPassed ? "passed" : "FAILED");
        return table;
    }

    private static void AddCounts(Table table, DemoReport report)
    {
        Add(table, "Orders", Number(report.Orders));
        Add(table, "Committed", Number(report.Committed));
        if (report.CommittedBefore > 0)
        {
            Add(table, "  of them by an earlier run", Number(report.CommittedBefore));
        }

        Add(table, "Rejected", Number(report.Rejected));
        Add(table, "  OutOfStock", Number(report.OutOfStock));
        Add(table, "  InsufficientFunds", Number(report.InsufficientFunds));
        Add(table, "Invalid lines", Number(report.InvalidLines.Count));
        Add(table, "Unresolved", Number(report.Unresolved));
    }

    private static void AddMeasurements(Table table, DemoReport report)
    {
        table.AddEmptyRow();
        Add(table, "Throughput", $"{report.ThroughputPerSecond.ToString("N0", CultureInfo.InvariantCulture)} orders/s");
        Add(table, "p50", Milliseconds(report.P50Ms));
        Add(table, "p99", Milliseconds(report.P99Ms));
        Add(table, "Kills", Number(report.Kills));
        if (report.KilledFromOutside > 0)
        {
            Add(table, "Killed from outside", Number(report.KilledFromOutside));
        }

        Add(table, "Leader changes", Number(report.LeaderChanges));
        Add(
            table,
            "Longest time without a commit after the kill",
            report.Kills > 0 ? Milliseconds(report.RecoveryMs) : "-");
    }

    private static void Add(Table table, string name, string value) => table.AddRow(new Text(name), new Text(value));

    private static string Number(int value) => value.ToString("N0", CultureInfo.InvariantCulture);

    private static string Milliseconds(double value) => value.ToString("N1", CultureInfo.InvariantCulture) + " ms";
}

using System.Text.Json;
using Concord.Cli.Orders;
using Spectre.Console;

namespace Concord.Cli.Tests.Orders;

public sealed class DemoReportTests
{
    private static readonly OrderFile s_file = new(
        [.. ((string[])["a", "b", "c"]).Select(id => Given.Order(id, "c-1", 1, ("s-1", 1)))],
        [new InvalidLine(4, "it is not a JSON object")]);

    private static readonly OrderRun s_run = new()
    {
        Outcomes = [OrderOutcome.Committed, OrderOutcome.OutOfStock, OrderOutcome.InsufficientFunds],
        Latencies = [.. Enumerable.Range(1, 200).Select(i => TimeSpan.FromMilliseconds(i))],
        Elapsed = TimeSpan.FromSeconds(2),
        LongestSilence = TimeSpan.FromMilliseconds(321.4),
    };

    [Fact]
    public void The_json_has_the_promised_fields()
    {
        JsonElement json = JsonSerializer.Deserialize<JsonElement>(Report(passed: true).ToJson());

        Assert.Equal(3, json.GetProperty("orders").GetInt32());
        Assert.Equal(1, json.GetProperty("committed").GetInt32());
        Assert.Equal(2, json.GetProperty("rejected").GetInt32());
        Assert.Equal("""{"OutOfStock":1,"InsufficientFunds":1}""", Compact(json.GetProperty("rejectedByReason")));
        Assert.Equal(1, json.GetProperty("invalid").GetInt32());
        Assert.Equal(0, json.GetProperty("unresolved").GetInt32());
        Assert.Equal(1, json.GetProperty("kills").GetInt32());
        Assert.Equal(2, json.GetProperty("leaderChanges").GetInt32());
        Assert.Equal(321.4, json.GetProperty("recoveryMs").GetDouble());
        Assert.Equal(100, json.GetProperty("throughputPerSecond").GetDouble());
        Assert.Equal(100, json.GetProperty("p50Ms").GetDouble());
        Assert.Equal(198, json.GetProperty("p99Ms").GetDouble());
        Assert.True(json.GetProperty("auditPassed").GetBoolean());
    }

    [Fact]
    public void One_failed_check_fails_the_audit()
    {
        JsonElement json = JsonSerializer.Deserialize<JsonElement>(Report(passed: false).ToJson());

        Assert.False(json.GetProperty("auditPassed").GetBoolean());
        Assert.Contains("FAILED", Text(DemoTable.Of(Report(passed: false))), StringComparison.Ordinal);
    }

    [Fact]
    public void The_table_names_both_reasons()
    {
        string table = Text(DemoTable.Of(Report(passed: true)));

        Assert.Contains("OutOfStock", table, StringComparison.Ordinal);
        Assert.Contains("InsufficientFunds", table, StringComparison.Ordinal);
        Assert.Contains("321.4 ms", table, StringComparison.Ordinal);
    }

    [Fact]
    public void The_dump_is_json_lines_that_anybody_can_read()
    {
        FinalState state = new(
            [new("s-\"1\"", 998)],
            [new("c-1", 498701)],
            [Shipment.Of(OrderPlan.Of(Given.Order("o-1", "c-1", 1299, ("s-3", 2))))]);

        string[] lines = System.Text.Encoding.UTF8.GetString(DemoDump.ToJsonLines(state)).Split('\n');

        Assert.Equal("""{"account":"c-1","balance":498701}""", lines[0]);
        Assert.Equal("s-\"1\"", JsonSerializer.Deserialize<JsonElement>(lines[1]).GetProperty("stock").GetString());
        Assert.Equal(
            """{"shipment":"o-1","customer":"c-1","amount":1299,"lines":[{"sku":"s-3","quantity":2}]}""", lines[2]);
        Assert.Equal("", lines[3]);
    }

    [Fact]
    public void A_run_without_orders_has_a_report()
    {
        OrderRun run = new() { Outcomes = [], Latencies = [], Elapsed = default, LongestSilence = default };

        DemoReport report = DemoReport.Of(new([], []), run, 0, []);

        Assert.Equal((0, 0d, 0d, 0d), (report.Orders, report.P50Ms, report.P99Ms, report.ThroughputPerSecond));
    }

    private static DemoReport Report(bool passed) =>
        DemoReport.Of(s_file, s_run, 0, [new("One", true, ""), new("Two", passed, "")]) with
        {
            Kills = 1,
            LeaderChanges = 2,
        };

    private static string Compact(JsonElement element) => JsonSerializer.Serialize(element);

    private static string Text(Table table)
    {
        StringWriter writer = new();
        IAnsiConsole console = AnsiConsole.Create(new AnsiConsoleSettings { Out = new AnsiConsoleOutput(writer) });
        console.Profile.Width = 200;
        console.Write(table);
        return writer.ToString();
    }
}

using System.Text.Json;
using Concord.Cli.Bench;

namespace Concord.Cli.Tests.Bench;

public sealed class ComparisonTests
{
    [Fact]
    public void The_ratio_is_the_median_of_those_of_neighbours()
    {
        // The quotient of the medians would be 300 / 100 = 3.
        Comparison comparison = new(
            [
                (Side(100), Side(100)), (Side(200), Side(100)), (Side(300), Side(200)), (Side(400), Side(50)),
                (Side(500), Side(400)),
            ]);

        Assert.Equal(1.5, comparison.Ratio);
        Assert.Equal(1, comparison.RatioMin);
        Assert.Equal(8, comparison.RatioMax);
        Assert.Equal(300, comparison.Concord.RatePerSecond);
        Assert.Equal(100, comparison.Peer.RatePerSecond);
    }

    [Fact]
    public void Latency_and_cpu_are_those_of_concord_over_those_of_the_other()
    {
        Comparison comparison = new([(Side(1) with { P50Ms = 1, CpuMicrosecondsPerOperation = 20 }, Side(1))]);

        Assert.Equal(0.5, comparison.P50Ratio);
        Assert.Equal(0.2, comparison.CpuRatio);
    }

    [Fact]
    public void What_is_per_operation_is_divided_by_the_operations_of_its_window()
    {
        SideFigures side = SideFigures.Of(new LoadResult
        {
            Operations = 1_000,
            Errors = 7,
            Seconds = 2,
            P50Ms = 3,
            P99Ms = 4,
            ClientCpuSeconds = 0.005,
            NodeCpuSeconds = 0.03,
            Syncs = 100,
        });

        Assert.Equal(500, side.RatePerSecond);
        Assert.Equal(30, side.CpuMicrosecondsPerOperation, 9);
        Assert.Equal(5, side.ClientCpuMicrosecondsPerOperation, 9);
        Assert.Equal(0.1, side.FsyncsPerOperation);
        Assert.Equal((1_000, 7), (side.Operations, side.Errors));
    }

    [Fact]
    public void The_report_for_programs_has_both_sides_and_the_ratios()
    {
        BenchOptions options = new()
        {
            Operation = BenchOperation.Put,
            Nodes = 3,
            Callers = 8,
            Connections = 4,
            ValueBytes = 256,
            Seconds = 3,
            Against = BenchPeer.Etcd,
            Pairs = 5,
        };
        Comparison comparison = new([(Side(900) with { Errors = 2 }, Side(300)), (Side(500), Side(500))]);

        JsonElement json =
            JsonDocument.Parse(new ComparisonReport(options, "etcd 3", comparison).ToJson()).RootElement;

        Assert.Equal(2, json.GetProperty("ratio").GetDouble());
        Assert.Equal(1, json.GetProperty("ratioMin").GetDouble());
        Assert.Equal(3, json.GetProperty("ratioMax").GetDouble());
        Assert.Equal(1, json.GetProperty("p50Ratio").GetDouble());
        Assert.Equal(1, json.GetProperty("cpuRatio").GetDouble());
        Assert.Equal(700, json.GetProperty("concord").GetProperty("rate").GetDouble());
        Assert.Equal(2, json.GetProperty("concord").GetProperty("errors").GetInt64());
        Assert.Equal(400, json.GetProperty("etcd").GetProperty("rate").GetDouble());
        foreach (string side in (string[])["concord", "etcd"])
        {
            foreach (string name in (string[])
                ["p50", "p99", "cpuMicrosecondsPerOperation", "clientCpuMicrosecondsPerOperation"])
            {
                Assert.True(json.GetProperty(side).GetProperty(name).GetDouble() > 0, name);
            }
        }
    }

    private static SideFigures Side(double rate) => new()
    {
        RatePerSecond = rate,
        P50Ms = 2,
        P99Ms = 9,
        CpuMicrosecondsPerOperation = 100,
        ClientCpuMicrosecondsPerOperation = 10,
        FsyncsPerOperation = 0.5,
        Operations = (long)rate,
        Errors = 0,
    };
}

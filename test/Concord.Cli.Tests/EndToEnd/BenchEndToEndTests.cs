using System.Text.Json;

namespace Concord.Cli.Tests.EndToEnd;

/// <summary>The measurements as a user runs them. What they say is not judged: that is no test's business.</summary>
public sealed class BenchEndToEndTests : IDisposable
{
    private readonly string _folder = Directory.CreateTempSubdirectory("concord-e2e-").FullName;

    private string JsonPath => Path.Combine(_folder, "bench.json");

    public void Dispose() => Directory.Delete(_folder, recursive: true);

    [Theory]
    [InlineData("put")]
    [InlineData("get")]
    public async Task A_comparison_with_etcd_loads_both_sides(string operation)
    {
        await using ConcordProcess bench = ConcordProcess.Start(
            "bench", operation, "--against", "etcd", "--seconds", "1", "--callers", "8", "--json", JsonPath);

        Assert.True(await bench.WaitAsync() == 0, bench.Error);
        JsonElement json = ReadJson();
        Assert.Equal(5, json.GetProperty("pairs").GetInt32());
        Assert.InRange(
            json.GetProperty("ratio").GetDouble(),
            json.GetProperty("ratioMin").GetDouble(),
            json.GetProperty("ratioMax").GetDouble());
        Assert.True(json.GetProperty("p50Ratio").GetDouble() > 0);
        Assert.True(json.GetProperty("cpuRatio").GetDouble() > 0);
        foreach (string side in (string[])["concord", "etcd"])
        {
            JsonElement figures = json.GetProperty(side);
            Assert.Equal(0, figures.GetProperty("errors").GetInt64());
            Assert.True(figures.GetProperty("cpuMicrosecondsPerOperation").GetDouble() > 0, side);
            Assert.True(figures.GetProperty("clientCpuMicrosecondsPerOperation").GetDouble() > 0, side);
            Assert.Equal(operation == "put", figures.GetProperty("fsyncsPerOperation").GetDouble() > 0.001);
        }

        Assert.Contains("Pair 5:", bench.Output, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("lock-contended", "etcd")]
    [InlineData("queue", "rabbitmq")]
    public async Task A_primitive_is_compared_with_what_others_have(string operation, string peer)
    {
        await using ConcordProcess bench = ConcordProcess.Start(
            "bench", operation, "--against", peer, "--seconds", "1", "--callers", "8", "--json", JsonPath);

        Assert.True(await bench.WaitAsync() == 0, bench.Error);
        JsonElement json = ReadJson();
        Assert.Equal(operation, json.GetProperty("operation").GetString());
        Assert.True(json.GetProperty("ratio").GetDouble() > 0);
        foreach (string side in (string[])["concord", peer])
        {
            Assert.True(json.GetProperty(side).GetProperty("operations").GetInt64() > 0, side);
            Assert.Equal(0, json.GetProperty(side).GetProperty("errors").GetInt64());
            Assert.True(json.GetProperty(side).GetProperty("cpuMicrosecondsPerOperation").GetDouble() > 0, side);
        }
    }

    [Fact]
    public async Task What_the_peer_does_not_have_is_not_compared()
    {
        await using ConcordProcess bench = ConcordProcess.Start("bench", "queue", "--against", "etcd");

        Assert.Equal(2, await bench.WaitAsync());
        Assert.Contains("bench queue is compared with rabbitmq", bench.Error, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Without_etcd_it_says_how_to_install_it()
    {
        // What is started is found by our own path; the command itself finds nothing by its own.
        await using ConcordProcess bench =
            ConcordProcess.StartWith([("PATH", _folder)], "bench", "put", "--against", "etcd");

        Assert.Equal(2, await bench.WaitAsync());
        Assert.Contains("apt-get install etcd-server", bench.Error, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("raft")]
    [InlineData("paxos")]
    public async Task A_cluster_alone_is_measured(string protocol)
    {
        await using ConcordProcess bench =
            ConcordProcess.Start(
                "bench", "put", "--protocol", protocol, "--seconds", "1", "--callers", "4", "--json", JsonPath);

        Assert.True(await bench.WaitAsync() == 0, bench.Error);
        Assert.Equal(protocol, ReadJson().GetProperty("protocol").GetString());
        Assert.True(ReadJson().GetProperty("operations").GetInt64() > 0);
    }

    [Theory]
    [InlineData("raft", 1)]
    [InlineData("raft", 5)]
    [InlineData("paxos", 5)]
    public async Task Agreement_alone_is_measured(string protocol, int groups)
    {
        await using ConcordProcess bench = ConcordProcess.Start(
            "bench", "consensus", "--protocol", protocol, "--groups", $"{groups}", "--seconds", "1", "--json",
            JsonPath);

        Assert.True(await bench.WaitAsync() == 0, bench.Error);
        JsonElement json = ReadJson();
        Assert.True(json.GetProperty("proposalsPerSecond").GetDouble() > 0);
        Assert.True(json.GetProperty("microsecondsPerEntrySingle").GetDouble() > 0);
        Assert.True(json.GetProperty("microsecondsPerEntryBatched").GetDouble() > 0);
        Assert.True(json.GetProperty("bytesPerEntry").GetDouble() >= 0);
    }

    private JsonElement ReadJson() => JsonDocument.Parse(File.ReadAllText(JsonPath)).RootElement;
}

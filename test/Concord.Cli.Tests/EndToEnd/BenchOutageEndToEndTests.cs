using System.Text.Json;

namespace Concord.Cli.Tests.EndToEnd;

/// <summary>Outages and pauses as a user measures them. That they were measured is checked, not what came
/// out.</summary>
public sealed class BenchOutageEndToEndTests : IDisposable
{
    private readonly string _folder = Directory.CreateTempSubdirectory("concord-e2e-").FullName;

    private string JsonPath => Path.Combine(_folder, "bench.json");

    public void Dispose() => Directory.Delete(_folder, recursive: true);

    [Theory]
    [InlineData("transfer", "raft")]
    [InlineData("failover", "raft")]
    [InlineData("transfer", "paxos")]
    [InlineData("failover", "paxos")]
    public async Task Each_group_loses_its_leader_in_each_round(string operation, string protocol)
    {
        await using ConcordProcess bench = ConcordProcess.Start(
            "bench", operation, "--protocol", protocol, "--rounds", "2",
            "--election-timeout", "500", "--callers", "3", "--json", JsonPath);

        Assert.True(await bench.WaitAsync() == 0, bench.Error);
        JsonElement json = ReadJson();
        Assert.Equal(operation, json.GetProperty("operation").GetString());
        Assert.Equal(500, json.GetProperty("electionTimeoutMs").GetInt32());
        Assert.True(json.GetProperty("writes").GetInt64() > 0);
        JsonElement[] samples = [.. json.GetProperty("samples").EnumerateArray()];
        Assert.Equal(
            [(1, 0), (1, 1), (1, 2), (2, 0), (2, 1), (2, 2)],
            samples.Select(
                static each => (each.GetProperty("round").GetInt32(), each.GetProperty("group").GetInt32())));
        Assert.All(samples, static each =>
        {
            Assert.NotEqual(each.GetProperty("from").GetInt32(), each.GetProperty("to").GetInt32());
            Assert.InRange(each.GetProperty("to").GetInt32(), 1, 3);
            Assert.True(each.GetProperty("silenceMs").GetDouble() > 0);
            Assert.True(each.GetProperty("slowestCallMs").GetDouble() > 0);
            Assert.True(each.GetProperty("calmMs").GetDouble() >= 0);
        });
        Assert.Equal(
            samples.Max(static each => each.GetProperty("silenceMs").GetDouble()),
            json.GetProperty("silenceMs").GetProperty("max").GetDouble(),
            tolerance: 0.01);
        Assert.Equal(operation == "failover", json.TryGetProperty("silenceElectionTimeouts", out _));
    }

    [Fact]
    public async Task Pauses_of_every_node_are_measured()
    {
        await using ConcordProcess bench = ConcordProcess.Start(
            "bench", "pauses", "--keys", "1000", "--rate", "200", "--seconds", "1", "--json", JsonPath);

        Assert.True(await bench.WaitAsync() == 0, bench.Error);
        JsonElement json = ReadJson();
        Assert.Equal(200, json.GetProperty("rateWanted").GetInt32());
        Assert.True(json.GetProperty("writes").GetInt64() > 0);
        Assert.True(json.GetProperty("latenessMs").GetProperty("count").GetInt32() > 0);
        JsonElement[] nodes = [.. json.GetProperty("pauses").EnumerateArray()];
        Assert.Equal(3, nodes.Length);
        Assert.All(nodes, static node =>
        {
            Assert.True(node.GetProperty("answerMs").GetProperty("max").GetDouble() > 0);
            Assert.Equal(
                node.GetProperty("answerMs").GetProperty("count").GetInt32(),
                node.GetProperty("answerSamplesMs").GetArrayLength());
            Assert.Equal(
                node.GetProperty("heldMs").GetProperty("count").GetInt32(),
                node.GetProperty("heldSamplesMs").GetArrayLength());
        });
    }

    private JsonElement ReadJson() => JsonDocument.Parse(File.ReadAllText(JsonPath)).RootElement;
}

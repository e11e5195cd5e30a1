using System.Text.Json;
using Concord.Cli.Processes;
using Concord.Client.Administration;

namespace Concord.Cli.Tests.EndToEnd;

/// <summary>Members come and go as an operator has it: real processes, real folders, real SIGKILLs, under
/// load.</summary>
public sealed class MembersEndToEndTests : IAsyncDisposable
{
    private readonly string _folder = Directory.CreateTempSubdirectory("concord-members-").FullName;

    /// <summary>Founders are numbered in the order of their addresses.</summary>
    private readonly IReadOnlyList<string> _addresses = [.. LoopbackPorts.Pick(4).Order(StringComparer.Ordinal)];

    private readonly Dictionary<int, ConcordProcess> _nodes = [];

    private string Founders => string.Join(',', _addresses.Take(3));

    public async ValueTask DisposeAsync()
    {
        foreach (ConcordProcess node in _nodes.Values)
        {
            await node.DisposeAsync();
        }

        Directory.Delete(_folder, recursive: true);
    }

    [Theory]
    [InlineData("raft")]
    [InlineData("paxos")]
    public async Task Nodes_are_added_removed_and_replaced_under_load_and_no_acknowledged_write_is_lost(string protocol)
    {
        for (int node = 1; node <= 3; node++)
        {
            await ServeAsync(node, _addresses[node - 1], "--members", "--protocol", protocol);
        }

        await using CounterLoad load = await CounterLoad.StartAsync([.. _addresses.Take(3)]);
        await load.GoesOnAsync();

        // A fourth node. It need not say how they agree.
        await using ConcordProcess add = Members("add", _addresses[3]);
        await add.SeeAsync("is expected at");
        await ServeAsync(4, _addresses[3], "--join");
        Assert.True(await add.WaitAsync() == 0, add.Error);
        await load.GoesOnAsync();

        // The leader goes.
        int leader = (await ViewAsync()).Shards[0].Leader;
        Assert.Equal("removed", (await ChangeAsync("remove", $"{leader}")).State);
        Assert.True(await _nodes[leader].WaitAsync() == 2, _nodes[leader].Error);
        Assert.Contains("was removed from the cluster", _nodes[leader].Error, StringComparison.Ordinal);
        await load.GoesOnAsync();

        // A leader is killed, and its disk with it: the same machine comes back as somebody else.
        int dead = (await ViewAsync()).Shards[1].Leader;
        string address = AddressOf(await ViewAsync(), dead);
        ConcordProcess.Kill(_nodes[dead].Id);
        await _nodes[dead].WaitAsync();
        Directory.Delete(FolderOf(dead), recursive: true);
        await using ConcordProcess replace = Members("replace", $"{dead}", address);
        await replace.SeeAsync("is expected at");
        await ServeAsync(5, address, "--join");
        Assert.True(await replace.WaitAsync() == 0, replace.Error);
        MembersView view = await ViewAsync();
        Assert.Equal("removed", view.Nodes[dead - 1].State);
        Assert.All(view.Shards, shard => Assert.Contains(5, shard.Voters));
        await load.GoesOnAsync();

        // Leadership moves to the newest node, and back.
        foreach (int to in new[] { 5, view.Shards[2].Voters.First(voter => voter != 5) })
        {
            load.TakeSlowest();
            await using ConcordProcess transfer = Members("transfer", "--shard", "2", "--to", $"{to}");
            Assert.True(await transfer.WaitAsync() == 0, transfer.Error);
            await load.GoesOnAsync();
            TimeSpan slowest = load.TakeSlowest();
            // An election would take an election timeout at least, which is a second.
            Assert.True(slowest < TimeSpan.FromMilliseconds(900), $"A call took {slowest} during a hand-over.");
        }

        await load.StopAndCheckAsync();
    }

    private static string AddressOf(MembersView view, int node) => view.Nodes[node - 1].Address;

    private string FolderOf(int node) => Path.Combine(_folder, $"n{node}");

    private async Task ServeAsync(int node, string address, string how, params string[] more)
    {
        _nodes[node] = ConcordProcess.Start(
            ["serve", "--node-address", address, how, Founders, "--data", FolderOf(node), .. more]);
        await _nodes[node].SeeAsync("Ready");
    }

    private ConcordProcess Members(params string[] arguments) =>
        ConcordProcess.Start(["members", .. arguments, "--servers", string.Join(',', _addresses)]);

    private async Task<MembersView> ViewAsync()
    {
        await using ConcordProcess list = Members("list", "--json");
        Assert.True(await list.WaitAsync() == 0, list.Error);
        return JsonSerializer.Deserialize(list.Output, AdministrationJson.Default.MembersView)!;
    }

    private async Task<MembersResult> ChangeAsync(params string[] arguments)
    {
        await using ConcordProcess change = Members([.. arguments, "--json"]);
        Assert.True(await change.WaitAsync() == 0, change.Error);
        return JsonSerializer.Deserialize(change.Output, AdministrationJson.Default.MembersResult)!;
    }
}

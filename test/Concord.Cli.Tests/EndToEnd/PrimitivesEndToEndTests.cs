using System.Text.Json;
using Concord.Cli.Connections;
using Concord.Cli.Processes;

namespace Concord.Cli.Tests.EndToEnd;

/// <summary>What an operator does to locks and queues of a running node, and what the node's log says of it.</summary>
public sealed class PrimitivesEndToEndTests : IAsyncLifetime
{
    private readonly string _folder = Directory.CreateTempSubdirectory("concord-primitives-").FullName;
    private readonly string _address = LoopbackPorts.Pick(1)[0];
    private ConcordProcess _node = null!;
    private IClusterConnection _client = null!;

    private IConcord Concord => _client.Concord;

    public async ValueTask InitializeAsync()
    {
        _node = ConcordProcess.Start("serve", "--node-address", _address, "--members", _address, "--data", _folder);
        await _node.SeeAsync("Ready");
        _client = await new ClusterAccess().ConnectAsync([_address], "", CancellationToken.None);
    }

    public async ValueTask DisposeAsync()
    {
        await _client.DisposeAsync();
        await _node.DisposeAsync();
        Directory.Delete(_folder, recursive: true);
    }

    [Fact]
    public async Task A_lock_is_taken_away_the_next_has_it_and_the_log_says_who_did_it()
    {
        await using ILockHandle handle = await Concord.GetLock("orders/17").AcquireAsync();
        Task<ILockHandle> next = Concord.GetLock("orders/17").AcquireAsync().AsTask();
        TaskCompletionSource lost = new(TaskCreationOptions.RunContinuationsAsynchronously);
        await using CancellationTokenRegistration registration = handle.Lost.Register(lost.SetResult);
        long token = handle.FencingToken.Value;

        (int code, string text) = await RunAsync("locks", "release", "orders/17");
        Assert.Equal(2, code);
        Assert.Contains("--yes", text, StringComparison.Ordinal);
        Assert.Equal(1, (await RunAsync("locks", "release", "orders/17", "--token", $"{token + 9}", "--yes")).Code);
        Assert.False(lost.Task.IsCompleted);

        (code, text) = await RunAsync("locks", "release", "orders/17", "--token", $"{token}", "--yes", "--json");

        Assert.Equal(0, code);
        JsonElement taken = JsonDocument.Parse(text).RootElement.GetProperty("taken")[0];
        Assert.Equal(token, taken.GetProperty("token").GetInt64());
        await lost.Task.WaitAsync(TimeSpan.FromMinutes(1));
        await using ILockHandle successor = await next.WaitAsync(TimeSpan.FromMinutes(1));
        Assert.True(successor.FencingToken > handle.FencingToken);
        string user = $"{Environment.UserName}@{Environment.MachineName}";
        await _node.SeeAsync($"on lock 'orders/17': took token {token} from session");
        await _node.SeeAsync($"Asked for by {user}, session");

        JsonElement described =
            JsonDocument.Parse((await RunAsync("locks", "describe", "orders/17", "--json")).Text).RootElement;
        Assert.Equal(
            successor.FencingToken.Value, described.GetProperty("holders")[0].GetProperty("token").GetInt64());
        Assert.Equal(0, described.GetProperty("waitingCount").GetInt32());
    }

    [Fact]
    public async Task Dead_letters_go_back_and_a_queue_is_emptied()
    {
        IConcordQueue<string> queue = Concord.GetQueue<string>("orders");
        for (int i = 0; i < 5; i++)
        {
            await queue.EnqueueAsync($"order {i}");
        }

        for (int i = 0; i < 2; i++)
        {
            IDelivery<string>? delivery = await queue.TryReceiveAsync(TimeSpan.FromSeconds(30));
            await delivery!.DeadLetterAsync("no such customer");
        }

        JsonElement described = await DescribeAsync();
        Assert.Equal(3, described.GetProperty("ready").GetInt64());
        Assert.Equal(2, described.GetProperty("deadLetters").GetInt64());
        Assert.Equal("{orders}.dead", described.GetProperty("deadLetterQueue").GetString());

        Assert.Equal((0, "Moved 2 messages.\n"), await RunAsync("queues", "redrive", "orders"));
        Assert.Equal(5, (await DescribeAsync()).GetProperty("ready").GetInt64());
        await _node.SeeAsync("on queue '{orders}.dead': moved 2 dead letters back");

        Assert.Equal(2, (await RunAsync("queues", "purge", "orders")).Code);
        IDelivery<string>? held = await queue.TryReceiveAsync(TimeSpan.FromSeconds(30));
        Assert.Equal((0, "Deleted 4 messages.\n"), await RunAsync("queues", "purge", "orders", "--yes"));
        await _node.SeeAsync("on queue 'orders': deleted 4 messages");
        Assert.Equal(0, (await DescribeAsync()).GetProperty("ready").GetInt64());
        await held!.CompleteAsync();
    }

    [Fact]
    public async Task Names_of_an_application_with_a_namespace_are_reached_with_it_and_only_with_it()
    {
        const string @namespace = "shop-staging";
        await using IClusterConnection shop =
            await new ClusterAccess().ConnectAsync([_address], @namespace, CancellationToken.None);
        await using ILockHandle handle = await shop.Concord.GetLock("orders/17").AcquireAsync();
        await shop.Concord.GetQueue<string>("orders").EnqueueAsync("one");
        await shop.Concord.GetCounter("stock").AddAsync(7);
        string[] staging = ["--namespace", @namespace];

        (_, string text) = await RunAsync("locks", "describe", "orders/17");
        Assert.Contains("Nobody holds", text, StringComparison.Ordinal);
        Assert.Contains(
            $"token {handle.FencingToken.Value}",
            (await RunAsync(["locks", "describe", "orders/17", .. staging])).Text,
            StringComparison.Ordinal);
        Assert.Equal((0, "Deleted 0 messages.\n"), await RunAsync("queues", "purge", "orders", "--yes"));
        Assert.Equal((0, "Deleted 1 messages.\n"), await RunAsync(["queues", "purge", "orders", "--yes", .. staging]));
        Assert.Equal((0, "0\n"), await RunAsync("get", "stock", "--counter"));
        Assert.Equal((0, "7\n"), await RunAsync(["get", "stock", "--counter", .. staging]));
    }

    private async Task<JsonElement> DescribeAsync() =>
        JsonDocument.Parse((await RunAsync("queues", "describe", "orders", "--json")).Text).RootElement;

    private async Task<(int Code, string Text)> RunAsync(params string[] arguments)
    {
        await using ConcordProcess command = ConcordProcess.Start([.. arguments, "--servers", _address]);
        int code = await command.WaitAsync();
        return (code, command.Output + command.Error);
    }
}

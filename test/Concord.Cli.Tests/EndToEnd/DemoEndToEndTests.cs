using System.Text.Json;
using Concord.Cli.Tests.Orders;

namespace Concord.Cli.Tests.EndToEnd;

/// <summary>The orders demo as a stranger runs it: real processes, real files, a real SIGKILL.</summary>
public sealed class DemoEndToEndTests : IDisposable
{
    private const string Initial = """
        {"stock":{"s-1":900,"s-2":300,"s-3":60,"s-4":1000,"{s}":50},
         "accounts":{"c-1":100000,"c-2":60000,"c-3":4000,"c-4":250000,"":9000}}
        """;

    private readonly string _folder = Directory.CreateTempSubdirectory("concord-e2e-").FullName;

    public DemoEndToEndTests() => File.WriteAllText(InitialPath, Initial);

    private string InitialPath => PathOf("initial.json");

    private string OrdersPath => PathOf("orders.jsonl");

    public void Dispose() => Directory.Delete(_folder, recursive: true);

    [Theory]
    [InlineData("raft")]
    [InlineData("paxos")]
    public async Task A_node_is_killed_and_nothing_is_lost(string protocol)
    {
        SequentialModel model = Write(Orders(900));

        (JsonElement table, JsonElement[] dump, ConcordProcess demo) = await PassAsync(
            "--clients", "16", "--protocol", protocol);

        Assert.Equal(model.Orders, table.GetProperty("orders").GetInt32());
        Assert.Equal(model.InvalidLines.Count, table.GetProperty("invalid").GetInt32());
        Assert.Equal(1, table.GetProperty("kills").GetInt32());
        Assert.True(table.GetProperty("leaderChanges").GetInt32() >= 1);
        Assert.True(table.GetProperty("recoveryMs").GetDouble() > 0);
        AssertConserved(dump, table.GetProperty("committed").GetInt32());
        Assert.Contains("is killed", demo.Output, StringComparison.Ordinal);
        Assert.Contains("is started again", demo.Output, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("--no-faults", "--nodes", "3")]
    [InlineData("--no-faults", "--nodes", "3", "--protocol", "paxos")]
    [InlineData("--shards", "1", "--nodes", "1", "--protocol", "paxos")]
    [InlineData("--shards", "5", "--nodes", "3")]
    [InlineData("--shards", "1", "--nodes", "1")]
    public async Task With_one_client_the_outcome_is_that_of_the_file(params string[] options)
    {
        SequentialModel model = Write(Orders(300));

        (JsonElement table, JsonElement[] dump, _) = await PassAsync([.. options, "--clients", "1"]);

        AssertAsModel(model, table, dump);
    }

    [Fact]
    public async Task Lines_that_are_no_orders_are_named_and_the_rest_goes_on()
    {
        SequentialModel model = Write(
            "\uFEFF" + Given.Line(id: "o-1") + "\r",
            "",
            "no json",
            Given.Line(id: "o-2", amount: "2.0"),
            Given.Line(id: "o-2"),
            Given.Line(id: "o-2", amount: "7"),
            Given.Line(id: "{o}", lines: """[{"sku":"{s}","quantity":1}]""", customer: ""),
            Given.Line(id: "", lines: """[{"sku":"s-1","quantity":9223372036854775807},{"sku":"s-1","quantity":2}]"""),
            Given.Line(id: new string('x', 2_000)),
            "[]");

        (JsonElement table, JsonElement[] dump, ConcordProcess demo) = await PassAsync("--clients", "1", "--no-faults");

        AssertAsModel(model, table, dump);
        Assert.Equal([3, 4, 6, 10], model.InvalidLines);
        Assert.All(
            model.InvalidLines,
            line => Assert.Contains($"orders.jsonl:{line}: ", demo.Error, StringComparison.Ordinal));
    }

    [Theory]
    [InlineData("raft")]
    [InlineData("paxos")]
    public async Task The_same_data_can_be_run_again_and_with_more_orders(string protocol)
    {
        string[] orders = Orders(240);
        Write(orders[..120]);
        (JsonElement first, JsonElement[] before, _) = await PassAsync(
            "--protocol", protocol, "--data", PathOf("data"), "--no-faults", "--clients", "1");
        (JsonElement again, JsonElement[] after, _) = await PassAsync(
            "--protocol", protocol, "--data", PathOf("data"), "--clients", "1");
        Assert.Equal(first.GetProperty("committed").GetInt32(), again.GetProperty("committedBefore").GetInt32());
        Assert.Equal(before.Select(line => line.ToString()), after.Select(line => line.ToString()));

        SequentialModel model = Write(orders);
        (JsonElement more, JsonElement[] dump, _) = await PassAsync(
            "--protocol", protocol, "--data", PathOf("data"), "--clients", "1");

        // What was refused is asked for again and refused again, for a reason that may be another one by now.
        Assert.Equal(model.OutOfStock + model.InsufficientFunds, more.GetProperty("rejected").GetInt32());
        AssertStateAsModel(model, more, dump);
    }

    [Fact]
    public async Task Data_of_another_initial_state_is_refused()
    {
        Write(Orders(10));
        await PassAsync("--data", PathOf("data"), "--no-faults");
        File.WriteAllText(InitialPath, Initial.Replace("900", "901", StringComparison.Ordinal));

        await RefuseAsync("another initial state", "--data", PathOf("data"));
    }

    [Theory]
    [InlineData("raft", "paxos")]
    [InlineData("paxos", "raft")]
    public async Task Data_of_another_protocol_is_refused(string begun, string asked)
    {
        Write(Orders(10));
        await PassAsync("--protocol", begun, "--data", PathOf("data"), "--no-faults");

        await RefuseAsync($"--protocol {begun}", "--protocol", asked, "--data", PathOf("data"));

        // The node itself does not take it either.
        string manifest = File.ReadAllText(Path.Combine(PathOf("data"), "orders-demo.json"));
        string[] addresses = [.. JsonDocument.Parse(manifest).RootElement.GetProperty("addresses").EnumerateArray()
            .Select(static each => each.GetString()!)];
        await using ConcordProcess node = ConcordProcess.Start(
            "serve", "--node-address", addresses[0], "--members", string.Join(',', addresses), "--protocol", asked,
            "--data", Path.Combine(PathOf("data"), "node-1"));
        Assert.Equal(ExitCode.Environment, await node.WaitAsync());
        (string own, string other) = begun == "raft" ? ("Raft", "Multi-Paxos") : ("Multi-Paxos", "Raft");
        string sentence = Assert.Single(node.Error.Split('\n', StringSplitOptions.RemoveEmptyEntries));
        Assert.Contains($"was begun with {own}, and this node was started for {other}", sentence,
            StringComparison.Ordinal);
        Assert.Contains($"start it with {own}", sentence, StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_folder_that_holds_something_else_is_refused()
    {
        Write(Orders(3));

        await RefuseAsync("holds something else", "--data", _folder);
    }

    [Theory]
    [InlineData("raft")]
    [InlineData("paxos")]
    public async Task All_nodes_killed_from_outside_at_once_lose_nothing(string protocol)
    {
        SequentialModel model = Write(Orders(2_000));
        await using ConcordProcess demo = Demo("--no-faults", "--clients", "8", "--protocol", protocol);
        await demo.SeeAsync("orders settled");

        demo.Children.ToList().ForEach(ConcordProcess.Kill);

        Assert.True(await demo.WaitAsync() == 0, demo.Output + demo.Error);
        Assert.Contains("was killed from outside", demo.Output, StringComparison.Ordinal);
        Assert.Equal(model.Orders, Table().GetProperty("orders").GetInt32());
        AssertConserved(Dump(), Table().GetProperty("committed").GetInt32());
    }

    [Theory]
    [InlineData("raft")]
    [InlineData("paxos")]
    public async Task A_flipped_bit_is_repaired_from_the_other_nodes(string protocol)
    {
        Write(Orders(60));
        await PassAsync("--protocol", protocol, "--data", PathOf("data"), "--no-faults");
        string damaged = Path.Combine(PathOf("data"), "node-2");
        FlipBit(damaged);

        // The audit compares all replicas at the end, and what was damaged was kept aside.
        await PassAsync("--protocol", protocol, "--data", PathOf("data"), "--no-faults");
        Assert.NotEmpty(Directory.GetFiles(damaged, "damaged-*.bak", SearchOption.AllDirectories));
    }

    [Fact]
    public async Task Ctrl_C_ends_the_demo_and_its_nodes()
    {
        Write(Orders(3_000));
        await using ConcordProcess demo = Demo("--clients", "4");
        await demo.SeeAsync("orders settled");
        int[] nodes = demo.Children;

        demo.Interrupt();

        Assert.Equal(ExitCode.Interrupted, await demo.WaitAsync());
        Assert.NotEmpty(nodes);
        Assert.All(
            nodes, node => Assert.False(Directory.Exists($"/proc/{node}"), $"Node process {node} is still there."));
    }

    [Fact]
    public async Task Two_nodes_are_too_few_to_kill_one_and_it_says_so()
    {
        Write(Orders(30));

        (JsonElement table, _, ConcordProcess demo) = await PassAsync("--nodes", "2");

        Assert.Equal(0, table.GetProperty("kills").GetInt32());
        Assert.Contains("that takes at least three nodes", demo.Output, StringComparison.Ordinal);
    }

    private string PathOf(string name) => Path.Combine(_folder, name);

    private SequentialModel Write(params string[] lines)
    {
        File.WriteAllText(OrdersPath, string.Join('\n', lines));
        return new SequentialModel(Initial).Place(string.Join('\n', lines));
    }

    private ConcordProcess Demo(params string[] options) => ConcordProcess.Start(
    [
        "demo", "orders", "--orders", OrdersPath, "--initial", InitialPath,
        "--json", PathOf("table.json"), "--dump", PathOf("dump.jsonl"), .. options,
    ]);

    private async Task<(JsonElement Table, JsonElement[] Dump, ConcordProcess Demo)> PassAsync(params string[] options)
    {
        await using ConcordProcess demo = Demo(options);
        Assert.True(await demo.WaitAsync() == 0, demo.Output + demo.Error);
        JsonElement table = Table();
        Assert.True(table.GetProperty("auditPassed").GetBoolean());
        Assert.Equal(0, table.GetProperty("unresolved").GetInt32());
        return (table, Dump(), demo);
    }

    private async Task RefuseAsync(string reason, params string[] options)
    {
        await using ConcordProcess demo = Demo(options);
        Assert.True(await demo.WaitAsync() == ExitCode.Environment, demo.Output + demo.Error);
        string sentence = Assert.Single(
            demo.Error.Split('\n', StringSplitOptions.RemoveEmptyEntries),
            line => !line.StartsWith(OrdersPath, StringComparison.Ordinal));
        Assert.Contains(reason, sentence, StringComparison.Ordinal);
    }

    private JsonElement Table() => JsonSerializer.Deserialize<JsonElement>(File.ReadAllBytes(PathOf("table.json")));

    private JsonElement[] Dump() =>
        [.. File.ReadLines(PathOf("dump.jsonl")).Select(line => JsonSerializer.Deserialize<JsonElement>(line))];

    private static void AssertAsModel(SequentialModel model, JsonElement table, JsonElement[] dump)
    {
        JsonElement reasons = table.GetProperty("rejectedByReason");
        Assert.Equal(model.OutOfStock, reasons.GetProperty("OutOfStock").GetInt32());
        Assert.Equal(model.InsufficientFunds, reasons.GetProperty("InsufficientFunds").GetInt32());
        AssertStateAsModel(model, table, dump);
    }

    private static void AssertStateAsModel(SequentialModel model, JsonElement table, JsonElement[] dump)
    {
        Assert.Equal(model.Orders, table.GetProperty("orders").GetInt32());
        Assert.Equal(model.Shipments.Count, table.GetProperty("committed").GetInt32());
        Assert.Equal(model.InvalidLines.Count, table.GetProperty("invalid").GetInt32());
        Assert.Equal(model.Stock, Numbers(dump, "stock", "quantity"));
        Assert.Equal(model.Accounts, Numbers(dump, "account", "balance"));
        Assert.Equal(model.Shipments, Shipments(dump).Select(shipment => shipment.GetProperty("shipment").GetString()));
    }

    /// <summary>What is gone is what the shipments say, and nothing went below zero.</summary>
    private static void AssertConserved(JsonElement[] dump, int committed)
    {
        SequentialModel initial = new(Initial);
        foreach (JsonElement shipment in Shipments(dump))
        {
            string customer = shipment.GetProperty("customer").GetString()!;
            initial.Accounts[customer] -= shipment.GetProperty("amount").GetInt64();
            foreach (JsonElement line in shipment.GetProperty("lines").EnumerateArray())
            {
                initial.Stock[line.GetProperty("sku").GetString()!] -= line.GetProperty("quantity").GetInt64();
            }
        }

        Assert.Equal(
            committed,
            Shipments(dump).Select(shipment => shipment.GetProperty("shipment").GetString()).Distinct().Count());
        Assert.Equal(initial.Stock, Numbers(dump, "stock", "quantity"));
        Assert.Equal(initial.Accounts, Numbers(dump, "account", "balance"));
        Assert.All(initial.Stock.Values.Concat(initial.Accounts.Values), value => Assert.True(value >= 0));
    }

    private static Dictionary<string, long> Numbers(JsonElement[] dump, string kind, string unit) => dump
        .Where(line => line.TryGetProperty(kind, out _))
        .ToDictionary(line => line.GetProperty(kind).GetString()!, line => line.GetProperty(unit).GetInt64());

    private static JsonElement[] Shipments(JsonElement[] dump) =>
        [.. dump.Where(line => line.TryGetProperty("shipment", out _))];

    /// <summary>In the middle of what the node has on disk, where a shipment lies.</summary>
    private static void FlipBit(string nodeFolder)
    {
        foreach (string path in Directory.EnumerateFiles(nodeFolder, "*", SearchOption.AllDirectories))
        {
            byte[] bytes = File.ReadAllBytes(path);
            int place = bytes.AsSpan().IndexOf("shipment/"u8);
            if (place >= 0)
            {
                bytes[place] ^= 1;
                File.WriteAllBytes(path, bytes);
                return;
            }
        }

        Assert.Fail($"No shipment lies below {nodeFolder}.");
    }

    private static string Line(Random random, int quantity) =>
        $$"""{"sku":"s-{{random.Next(1, 5)}}","quantity":{{quantity}}}""";

    /// <summary>Small numbers that lead to all three outcomes, with a repeated id and a broken line now and
    /// then.</summary>
    private static string[] Orders(int count)
    {
        Random random = new(11);
        return
        [
            .. Enumerable.Range(1, count).Select(number => Given.Line(
                id: number % 50 == 0 ? "o-1" : $"o-{number}",
                customer: $"c-{random.Next(1, 5)}",
                lines: $"[{Line(random, random.Next(1, 4))},{Line(random, 1)}]",
                amount: number % 70 == 0 ? "-1" : random.Next(0, 900).ToString(null, null))),
        ];
    }
}

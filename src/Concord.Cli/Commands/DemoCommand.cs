using System.CommandLine;
using Concord.Cli.Orders;
using Concord.Cluster.Node;

namespace Concord.Cli.Commands;

/// <summary><c>concord demo orders</c>.</summary>
internal static class DemoCommand
{
    private const int NodesMax = 9;
    private const int ShardsMax = 64;
    private const int ClientsMax = 1_024;

    public static Command Create(CommandContext context)
    {
        Command demo = new("demo", "Shows Concord at work on this machine.");
        demo.Subcommands.Add(CreateOrders(context));
        new ManualPage("", ["demo orders"], ["See the commands."]).AttachTo(demo);
        return demo;
    }

    /// <summary>The sample that comes with the program.</summary>
    public static string SamplePath(string file) => Path.Combine(AppContext.BaseDirectory, "samples", "orders", file);

    private static Command CreateOrders(CommandContext context)
    {
        Option<string> orders = CommandOptions.File(
            "--orders", "The orders, as JSON lines. Default: 10,000 orders that come with the program.");
        Option<string> initial = CommandOptions.File(
            "--initial", "Stock and accounts before the first order. Default: those of the 10,000 orders.");
        Option<int> nodes = CommandOptions.Count(
            "--nodes", 3, 1, NodesMax, "How many nodes, each a process of its own.");
        Option<int> shards = CommandOptions.Count(
            "--shards", 3, 1, ShardsMax, "How many shards the records are spread over.");
        Option<ReplicaProtocol?> protocol = CommandOptions.ProtocolOfNew();
        Option<int> clients = CommandOptions.Count(
            "--clients",
            32,
            1,
            ClientsMax,
            "How many orders are placed at once. With 1 the outcome depends on the file only.");
        Option<bool> noFaults = new("--no-faults") { Description = "Kill no node." };
        Option<string> data = new("--data")
        {
            Description =
                "The nodes' data; kept, and a later run goes on with it. Default: a temporary folder, deleted at the "
                    + "end.",
            HelpName = "DIR",
        };
        Option<string> json = CommandOptions.File("--json", "Write the table as JSON.");
        Option<string> dump = CommandOptions.File(
            "--dump", "Write the final state as JSON lines: accounts, stock, shipments.");
        Command command = new(
            "orders",
            "Places orders atomically over several shards of a cluster, kills a node meanwhile, and audits the result.")
        {
            orders, initial, nodes, shards, protocol, clients, noFaults, data, json, dump,
        };
        command.SetAction((result, cancellationToken) =>
        {
            DemoOptions options = new()
            {
                OrdersPath = result.GetValue(orders) ?? SamplePath("orders.jsonl"),
                InitialPath = result.GetValue(initial) ?? SamplePath("initial.json"),
                Nodes = result.GetValue(nodes),
                Shards = result.GetValue(shards),
                Protocol = result.GetValue(protocol)!,
                Clients = result.GetValue(clients),
                NoFaults = result.GetValue(noFaults),
                DataDirectory = result.GetValue(data),
                JsonPath = result.GetValue(json),
                DumpPath = result.GetValue(dump),
            };
            return new OrdersDemo(context.Access, context.Terminal, context.Time).RunAsync(options, cancellationToken);
        });
        OrdersPage().AttachTo(command);
        return command;
    }

    private static ManualPage OrdersPage() => new(
        """
        Every order is one transaction: the stock of each product goes down and never below zero, the
        customer's account goes down and never below zero, and a shipment record is created under the
        order's id. All of it or nothing. Most orders touch several shards.

        A third of the way in, the node that leads the most shards is killed with SIGKILL; two thirds in it
        is started again. This takes at least three nodes. A node that is killed by somebody else is
        started again as well.

        An order is a JSON object on a line of its own:
          {"id":"o-000001","customer":"c-17","lines":[{"sku":"s-3","quantity":2}],"amount":1299}
        The amount is in minor units. The initial state is one JSON object:
          {"stock":{"s-1":1000},"accounts":{"c-1":500000}}
        Lines that are no order, and repeated ids, are reported with their line numbers and left out.

        In the end the audit recomputes every balance from the orders that were reported as committed, looks
        for the shipments, and compares the replicas of each shard byte by byte.
        """,
        [
            "demo orders",
            "demo orders --orders my.jsonl --initial shop.json --json table.json --dump state.jsonl",
            "demo orders --clients 1 --no-faults --data ./shop",
            "demo orders --protocol paxos",
        ],
        [
            "0    the audit passed",
            "1    the audit failed",
            "2    it could not run: a missing file, a port or a folder in use, a full disk",
            "130  interrupted with Ctrl-C",
        ]);
}

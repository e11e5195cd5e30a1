using System.CommandLine;
using System.Globalization;
using System.Text.Json;
using Concord.Cli.Connections;
using Concord.Client.Administration;
using Spectre.Console;

namespace Concord.Cli.Commands;

/// <summary><c>concord status</c>: what each node says about itself.</summary>
internal static class StatusCommand
{
    private static readonly string[] s_numbers =
        ["Term", "Leader", "Last", "Durable", "Commit", "Applied", "Records", "Bytes", "In doubt", "Sessions"];

    public static Command Create(CommandContext context)
    {
        Option<string[]> servers = CommandOptions.Addresses("--servers", "The nodes to ask.");
        Option<bool> digests = new("--digests")
        {
            Description =
                "Also compute the digest of each replica: equal at equal applied index. A node reads its whole state "
                    + "for it.",
        };
        Option<bool> json = new("--json")
        {
            Description =
                "Print JSON instead of a table: an array with one object per node, null for one that does not answer.",
        };
        Command command = new("status", "Shows nodes, shards, leaders and indexes.") { servers, digests, json };
        command.SetAction(async (result, cancellationToken) =>
        {
            string[] addresses = result.GetValue(servers)!;
            ClusterPoll poll = new(context.Access.Admin, addresses, context.Time);
            NodeStatus?[] statuses = await poll.AskAsync(result.GetValue(digests), cancellationToken);
            if (result.GetValue(json))
            {
                context.Terminal.Print(JsonSerializer.Serialize(statuses, AdministrationJson.Default.NodeStatusArray));
            }
            else
            {
                context.Terminal.Out.Write(TableOf(addresses, statuses));
            }

            return statuses.Contains(null) ? ExitCode.Failed : ExitCode.Success;
        });
        new ManualPage(
            "",
            [
                "status --servers 127.0.0.1:5001,127.0.0.1:5002,127.0.0.1:5003",
                "status --servers 127.0.0.1:5001 --digests --json",
            ],
            ["0  every node answered", "1  at least one did not", "2  wrong options"]).AttachTo(command);
        return command;
    }

    private static Table TableOf(string[] addresses, NodeStatus?[] statuses)
    {
        Table table = new Table().Border(TableBorder.Rounded).AddColumns("Node", "Shard", "Role");
        foreach (string number in s_numbers)
        {
            table.AddColumn(new TableColumn(number).RightAligned());
        }

        table.AddColumn("Digest");
        for (int i = 0; i < addresses.Length; i++)
        {
            AddNode(table, addresses[i], statuses[i]);
        }

        return table;
    }

    private static void AddNode(Table table, string address, NodeStatus? status)
    {
        if (status is null)
        {
            table.AddRow(new Text(address), new Text("-"), new Text("no answer"));
        }

        foreach (ShardStatus shard in status?.Shards ?? [])
        {
            string[] cells =
            [
                $"{status!.Node} {address}", Number(shard.Shard), shard.Role, Reign(shard), Number(shard.Leader),
                Number(shard.LastIndex), Number(shard.DurableIndex), Number(shard.CommitIndex),
                Number(shard.AppliedIndex), Number(shard.Records), Number(shard.StateBytes),
                Number(shard.InDoubt), Number(shard.Sessions),
                shard.Digest.Length > 12 ? shard.Digest[..12] : shard.Digest,
            ];
            table.AddRow(cells.Select(cell => new Text(cell)));
        }
    }

    /// <summary>A term, or a ballot with its node.</summary>
    private static string Reign(ShardStatus shard) =>
        shard.TermOwner == 0 ? Number(shard.Term) : $"b{Number(shard.Term)}.{Number(shard.TermOwner)}";

    private static string Number(long value) => value.ToString(CultureInfo.InvariantCulture);
}

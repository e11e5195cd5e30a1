using System.Globalization;
using Concord.Client.Administration;
using Spectre.Console;

namespace Concord.Cli.Commands;

/// <summary>The members of a cluster, for people.</summary>
internal static class MembersTables
{
    public static void Write(IAnsiConsole console, MembersView view)
    {
        Table nodes = new Table().Border(TableBorder.Rounded)
            .AddColumns("Node", "Address", "State", "Last heard", "Leads", "Votes in", "Learns");
        foreach (MemberView node in view.Nodes)
        {
            string[] cells =
            [
                Number(node.Node), node.Address, node.State, Heard(node, view.AnsweredBy),
                Shards(view, shard => shard.Leader == node.Node),
                Shards(view, shard => shard.Voters.Contains(node.Node)),
                Shards(view, shard => shard.Learners.Contains(node.Node)),
            ];
            nodes.AddRow(cells.Select(static cell => new Text(cell)));
        }

        console.Write(nodes);
        foreach (ShardMembersView shard in view.Shards.Where(static shard => !shard.IsSettled && shard.Leader > 0))
        {
            string waiting = shard.Waiting.Length > 0 ? $": {shard.Waiting}" : "";
            console.WriteLine($"Shard {shard.Shard} goes from nodes {Numbers(shard.Voters)} to nodes "
                + $"{Numbers(shard.Wanted)}{waiting}.");
        }

        foreach (ShardMembersView shard in view.Shards.Where(static shard => shard.Leader == 0))
        {
            console.WriteLine($"Shard {shard.Shard} has no leader that node {view.AnsweredBy} knows.");
        }
    }

    private static string Heard(MemberView node, int answeredBy) => node switch
    {
        { State: MemberView.Removed } => "",
        _ when node.Node == answeredBy => "answers",
        { SilentMilliseconds: null } => "not connected",
        _ => $"{node.SilentMilliseconds / 1000.0:0.0} s ago",
    };

    private static string Shards(MembersView view, Func<ShardMembersView, bool> has)
    {
        int[] shards = [.. view.Shards.Where(has).Select(static shard => shard.Shard)];
        return shards.Length > 12 ? $"{shards.Length} shards" : Numbers(shards);
    }

    private static string Numbers(IEnumerable<int> numbers) => string.Join(' ', numbers.Select(Number));

    private static string Number(int value) => value.ToString(CultureInfo.InvariantCulture);
}

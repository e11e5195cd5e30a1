using Concord.Client.Administration;

namespace Concord.Cli.Commands;

/// <summary>What is left to do of a change of members, in a sentence; null for nothing.</summary>
internal static class MembersProgress
{
    public static string? OfAddition(MembersView view, int node)
    {
        MemberView added = view.Nodes[node - 1];
        return added.State switch
        {
            MemberView.Expected =>
                $"Node {node} is expected at {added.Address}. Start it with: concord serve "
                + $"--node-address {added.Address} --join {NodesToAsk(view)} --data DIR",
            MemberView.Member => OfShards(view),
            _ => throw new CliException(
                $"Node {node} is {Said(added.State)}: somebody has called it off.", ExitCode.Failed),
        };
    }

    public static string? OfRemoval(MembersView view, int node) => view.Nodes[node - 1].State == MemberView.Removed
        ? OfShards(view)
        : OfShards(view) ?? $"Node {node} holds nothing any more; the cluster notes that it is gone.";

    /// <summary>Whether those whose places were taken are gone.</summary>
    public static string? OfPredecessors(MembersView view) =>
        view.Nodes.FirstOrDefault(static node => node.State == MemberView.Leaving) is { } leaving
            ? $"Node {leaving.Node} holds nothing any more; the cluster notes that it is gone."
            : null;

    public static string Said(string state) => state switch
    {
        MemberView.Member => "a member",
        MemberView.Expected => "expected and was not there yet",
        _ => state,
    };

    private static string? OfShards(MembersView view)
    {
        ShardMembersView[] open = [.. view.Shards.Where(static shard => !shard.IsSettled)];
        if (open.Length == 0)
        {
            return null;
        }

        ShardMembersView first = open.FirstOrDefault(static shard => shard.Waiting.Length > 0) ?? open[0];
        string waiting = first.Waiting.Length > 0 ? first.Waiting : "its leader takes the next step";
        return $"{view.Shards.Count - open.Length} of {view.Shards.Count} shards are where they shall be; "
            + $"shard {first.Shard}: {waiting}.";
    }

    private static string NodesToAsk(MembersView view) => string.Join(
        ',', view.Nodes.Where(static node => node.State == MemberView.Member).Select(static node => node.Address));
}

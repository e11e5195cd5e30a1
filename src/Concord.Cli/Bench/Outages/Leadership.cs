using Concord.Cli.Connections;
using Concord.Client.Administration;

namespace Concord.Cli.Bench.Outages;

/// <summary>Knows who leads the groups, and has them led by somebody else.</summary>
/// <param name="admin">Asks the nodes.</param>
/// <param name="addresses">The nodes, by the place of their processes.</param>
/// <param name="time">The clock.</param>
internal sealed class Leadership(IClusterAdmin admin, IReadOnlyList<string> addresses, TimeProvider time)
{
    private static readonly TimeSpan s_look = TimeSpan.FromMilliseconds(20);
    private static readonly TimeSpan s_limit = TimeSpan.FromSeconds(60);

    /// <summary>The number by which the cluster knows a node.</summary>
    public async Task<int> NumberOfAsync(int place, CancellationToken cancellationToken)
    {
        MembersView view = await admin.MembersAsync(addresses[place], cancellationToken);
        return view.Nodes.Single(node => node.Address == addresses[place]).Node;
    }

    /// <summary>Who leads each group by what the nodes say of themselves; 0 where nobody does.</summary>
    public async Task<int[]> LeadersAsync(CancellationToken cancellationToken)
    {
        NodeStatus?[] nodes = await new ClusterPoll(admin, addresses, time).AskAsync(false, cancellationToken);
        return
        [
            .. Enumerable.Range(0, BenchNodes.Shards).Select(group =>
                nodes.OfType<NodeStatus>()
                    .Where(node => node.Shards.Any(shard => shard.Shard == group && shard.Role == "Leader"))
                    .OrderByDescending(node => ReignIn(node, group))
                    .FirstOrDefault()?.Node ?? 0),
        ];
    }

    private static (long Term, int Owner) ReignIn(NodeStatus node, int group)
    {
        ShardStatus status = node.Shards.First(shard => shard.Shard == group);
        return (status.Term, status.TermOwner);
    }

    /// <summary>Whether all that answer have the same log, by group.</summary>
    public async Task<bool[]> LogsEndAlikeAsync(CancellationToken cancellationToken)
    {
        NodeStatus?[] nodes = await new ClusterPoll(admin, addresses, time).AskAsync(false, cancellationToken);
        return
        [
            .. Groups([.. nodes.Where(static node => node is not null)]).Select(
                static group => group.Select(static shard => shard.LastIndex).Distinct().Count() <= 1),
        ];
    }

    /// <summary>Asks the leader of a group to hand over; to whom it thinks best, for 0.</summary>
    public Task AskAsync(int group, int to, CancellationToken cancellationToken) => admin.ChangeMembersAsync(
        addresses, new() { Action = MembersRequest.Transfer, Shard = group, Node = to }, cancellationToken);

    /// <summary>Has one node lead everything.</summary>
    public Task GatherAsync(int node, CancellationToken cancellationToken) => UntilAsync(
        async token =>
        {
            int[] leaders = await LeadersAsync(token);
            for (int group = 0; group < leaders.Length; group++)
            {
                if (leaders[group] != node)
                {
                    await TryAskAsync(group, node, token);
                }
            }

            return leaders.All(leader => leader == node);
        },
        $"Node {node} did not come to lead all groups",
        cancellationToken);

    /// <summary>Waits until every node answers, knows the leaders and has applied what was committed when it was
    /// asked: a node that was down has caught up.</summary>
    public async Task AllCaughtUpAsync(CancellationToken cancellationToken)
    {
        ClusterPoll poll = new(admin, addresses, time);
        long[]? committed = null;
        await UntilAsync(
            async token =>
            {
                NodeStatus?[] nodes = await poll.AskAsync(false, token);
                if (nodes.Any(static node => node is null))
                {
                    return false;
                }

                committed ??= [.. Groups(nodes).Select(static group => group.Max(shard => shard.CommitIndex))];
                return Groups(nodes).Select((group, i) => group.All(
                    shard => shard.AppliedIndex >= committed[i] && shard.Leader != 0)).All(static isDone => isDone);
            },
            "The nodes did not catch up",
            cancellationToken);
    }

    /// <summary>Looks until it is so.</summary>
    /// <exception cref="CliException">It is not so in time.</exception>
    public async Task UntilAsync(
        Func<CancellationToken, Task<bool>> isSo, string failure, CancellationToken cancellationToken)
    {
        long began = time.GetTimestamp();
        while (!await isSo(cancellationToken))
        {
            if (time.GetElapsedTime(began) >= s_limit)
            {
                throw new CliException(
                    $"{failure} within {s_limit.TotalSeconds} s; try again when the machine is less busy.",
                    ExitCode.Failed);
            }

            await Task.Delay(s_look, time, cancellationToken);
        }
    }

    private async Task TryAskAsync(int group, int node, CancellationToken cancellationToken)
    {
        try
        {
            await AskAsync(group, node, cancellationToken);
        }
        catch (MembersRefusedException)
        {
            // One is under way, or the node was not heard yet: asked again.
        }
    }

    private static IEnumerable<IEnumerable<ShardStatus>> Groups(NodeStatus?[] nodes) =>
        Enumerable.Range(0, BenchNodes.Shards).Select(group => nodes.Select(
            node => node!.Shards.First(shard => shard.Shard == group)));
}

using Concord.Client.Administration;
using Concord.Cli.Connections;

namespace Concord.Cli.Orders;

/// <summary>Waits until the cluster is quiet, and compares the replicas of each shard byte by byte at one
/// index.</summary>
/// <param name="poll">Asks the nodes.</param>
/// <param name="shards">How many shards there are.</param>
/// <param name="time">The clock of the waits.</param>
internal sealed class ReplicaComparison(ClusterPoll poll, int shards, TimeProvider time)
{
    private static readonly TimeSpan s_limit = TimeSpan.FromSeconds(60);
    private static readonly TimeSpan s_pause = TimeSpan.FromMilliseconds(100);

    /// <summary>Waits until every node answers, no transaction is in doubt and all replicas of a shard have applied
    /// the same entries.</summary>
    /// <returns>Null when quiet, else what kept it from being so when the time was over.</returns>
    public async Task<string?> WaitUntilQuietAsync(CancellationToken cancellationToken)
    {
        long start = time.GetTimestamp();
        string? unrest = await UnrestAsync(verifyDigests: false, cancellationToken);
        while (unrest is not null && time.GetElapsedTime(start) < s_limit)
        {
            await Task.Delay(s_pause, time, cancellationToken);
            unrest = await UnrestAsync(verifyDigests: false, cancellationToken);
        }

        return unrest;
    }

    public async Task<AuditCheck> CompareAsync(CancellationToken cancellationToken)
    {
        const string Name = "Replicas byte-equal";
        string? unrest;
        long start = time.GetTimestamp();
        do
        {
            unrest = await WaitUntilQuietAsync(cancellationToken);

            // The digests are taken a moment later: they count only if it was still quiet then.
            NodeStatus?[] statuses = await poll.AskAsync(verifyDigests: true, cancellationToken);
            unrest ??= Unrest(statuses);
            if (unrest is null)
            {
                string? difference = Difference(statuses);
                return new AuditCheck(Name, difference is null, difference ?? $"{shards} shards, every replica");
            }
        }
        while (time.GetElapsedTime(start) < s_limit);

        return new AuditCheck(Name, false, $"not comparable within {s_limit.TotalSeconds} s: {unrest}");
    }

    private async Task<string?> UnrestAsync(bool verifyDigests, CancellationToken cancellationToken) =>
        Unrest(await poll.AskAsync(verifyDigests, cancellationToken));

    private string? Unrest(NodeStatus?[] statuses)
    {
        int silent = Array.IndexOf(statuses, null);
        if (silent >= 0)
        {
            return $"node {silent + 1} does not answer";
        }

        ILookup<int, ShardStatus> replicas = statuses.SelectMany(
            status => status!.Shards).ToLookup(shard => shard.Shard);
        if (replicas.Count < shards)
        {
            return $"only {replicas.Count} of {shards} shards are there";
        }

        return replicas.OrderBy(group => group.Key).Select(Unrest).FirstOrDefault(unrest => unrest is not null);
    }

    private static string? Unrest(IGrouping<int, ShardStatus> replicas)
    {
        long applied = replicas.Max(replica => replica.AppliedIndex);
        return replicas.Any(replica => replica.InDoubt > 0) ? $"shard {replicas.Key} has transactions in doubt"
            : replicas.Any(replica => replica.AppliedIndex != applied || replica.CommitIndex > applied)
                ? $"a replica of shard {replicas.Key} has not applied all"
            : replicas.All(replica => replica.Role != "Leader") ? $"shard {replicas.Key} has no leader"
            : null;
    }

    private static string? Difference(NodeStatus?[] statuses) => statuses
        .SelectMany(status => status!.Shards)
        .ToLookup(shard => shard.Shard)
        .Where(replicas => replicas.Any(replica => replica.Digest.Length == 0)
            || replicas.Select(replica => replica.Digest).Distinct(StringComparer.Ordinal).Count() > 1)
        .OrderBy(replicas => replicas.Key)
        .Select(replicas => $"the replicas of shard {replicas.Key} differ at index {replicas.First().AppliedIndex}")
        .FirstOrDefault();
}

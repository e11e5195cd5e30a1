namespace Concord.Consensus.Tests;

/// <summary>What goes beyond the paper's Raft, for <see cref="Replica"/>.</summary>
internal static class With
{
    public static ReplicaOptions PreVote(ReplicaOptions options) => options with { PreVote = true };

    public static ReplicaOptions CheckQuorum(ReplicaOptions options) => options with { CheckQuorum = true };

    public static ReplicaOptions Both(ReplicaOptions options) => options with { PreVote = true, CheckQuorum = true };

    public static ReplicaOptions Lease(ReplicaOptions options) => Both(options) with { LeaderLease = true };

    public static ReplicaOptions Quiet(ReplicaOptions options) => Both(options) with { HostTellsLiveness = true };
}

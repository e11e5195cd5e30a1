using Concord.Consensus.Raft;

namespace Concord.Consensus.Tests;

/// <summary>What goes beyond the paper's Raft, for <see cref="Replica"/>.</summary>
internal static class With
{
    public static RaftOptions PreVote(RaftOptions options) => options with { PreVote = true };

    public static RaftOptions CheckQuorum(RaftOptions options) => options with { CheckQuorum = true };

    public static RaftOptions Both(RaftOptions options) => options with { PreVote = true, CheckQuorum = true };

    public static RaftOptions Lease(RaftOptions options) => Both(options) with { LeaderLease = true };

    public static RaftOptions Quiet(RaftOptions options) => Both(options) with { HostTellsLiveness = true };
}

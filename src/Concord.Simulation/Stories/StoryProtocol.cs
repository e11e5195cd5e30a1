using Concord.Consensus;
using Concord.Consensus.Paxos;
using Concord.Consensus.Raft;

namespace Concord.Simulation.Stories;

/// <summary>By which protocol the replicas of a story agree.</summary>
/// <param name="Name">Its name on the command line.</param>
/// <param name="New">Makes a replica.</param>
internal sealed record StoryProtocol(string Name, Func<ReplicaOptions, RecoveredReplica, IReplicatedLog> New)
{
    public static StoryProtocol Raft { get; } = new(
        "raft", static (options, recovered) => new RaftCore(options, recovered));

    public static StoryProtocol Paxos { get; } = new(
        "paxos", static (options, recovered) => new PaxosCore(options, recovered));
}

using Concord.Cluster.Node;
using Concord.Consensus;

namespace Concord.Cli.Bench.Cores;

/// <summary>The one place that makes cores to measure, and a core with its outbox.</summary>
internal sealed class CoreReplica
{
    public const int Replicas = 3;

    /// <param name="place">Which of the replicas, from 0.</param>
    /// <param name="seed">Of its group.</param>
    /// <param name="protocol">By which it agrees.</param>
    public CoreReplica(int place, ulong seed, ReplicaProtocol protocol)
    {
        NodeId[] voters = [.. Enumerable.Range(1, Replicas).Select(number => new NodeId((ushort)number))];
        ReplicaOptions options = new()
        {
            Self = voters[place],
            Seed = (seed * Replicas) + (ulong)place,
        };
        Core = protocol.Create(options, new() { Log = new(), Membership = new(voters) });
        Core.Tick(TimeSpan.Zero);
    }

    public IReplicatedLog Core { get; }

    public Outbox Outbox { get; } = new();
}

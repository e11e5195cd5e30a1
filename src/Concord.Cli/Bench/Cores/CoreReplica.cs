using Concord.Cluster.Node;
using Concord.Consensus;

namespace Concord.Cli.Bench.Cores;

/// <summary>The one place that makes cores to measure, and a core with its outbox.</summary>
internal sealed class CoreReplica
{
    public const int Replicas = 3;

    /// <param name="protocol">How it agrees.</param>
    /// <param name="place">Which of the replicas, from 0; those behind the first ones belong to nothing yet.</param>
    /// <param name="seed">Of its group.</param>
    public CoreReplica(ReplicaProtocol protocol, int place, ulong seed)
    {
        NodeId[] voters = [.. Enumerable.Range(1, Replicas).Select(number => new NodeId((ushort)number))];
        ReplicaOptions options = new()
        {
            Self = new((ushort)(place + 1)),
            Seed = (seed * Replicas) + (ulong)place,
        };
        Membership membership = place < Replicas ? new(voters) : Membership.None;
        Core = protocol.Create(options, new() { Log = new(), Membership = membership });
        Core.Tick(TimeSpan.Zero);
    }

    public IReplicatedLog Core { get; }

    public Outbox Outbox { get; } = new();
}

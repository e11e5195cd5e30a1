using Concord.Cluster.Storage;
using Concord.Consensus;
using Concord.Consensus.Paxos;
using Concord.Consensus.Raft;

namespace Concord.Cluster.Node;

/// <summary>How the replicas of all shards of a cluster agree: one choice, made when the cluster begins. Nothing else
/// in the engine asks which it is.</summary>
internal sealed class ReplicaProtocol
{
    private readonly Func<ReplicaOptions, RecoveredReplica, ReplicaCore> _create;

    private ReplicaProtocol(
        string name, string title, LogForm form, Func<ReplicaOptions, RecoveredReplica, ReplicaCore> create) =>
        (Name, Title, Form, _create) = (name, title, form, create);

    public static ReplicaProtocol Raft { get; } =
        new("raft", "Raft", LogForm.Chain, static (options, recovered) => new RaftCore(options, recovered));

    public static ReplicaProtocol MultiPaxos { get; } =
        new("paxos", "Multi-Paxos", LogForm.Places, static (options, recovered) => new PaxosCore(options, recovered));

    public static IReadOnlyList<ReplicaProtocol> All { get; } = [Raft, MultiPaxos];

    /// <summary>As it is stored in the cluster's first entry and said on the command line.</summary>
    public string Name { get; }

    /// <summary>As people call it.</summary>
    public string Title { get; }

    /// <summary>What it makes of the log.</summary>
    public LogForm Form { get; }

    /// <summary>The protocol of a name; null if this build knows none of that.</summary>
    public static ReplicaProtocol? Find(string name) => All.FirstOrDefault(known => known.Name == name);

    /// <summary>A replica on what it found.</summary>
    public ReplicaCore Create(ReplicaOptions options, RecoveredReplica recovered) => _create(options, recovered);

    public override string ToString() => Title;
}

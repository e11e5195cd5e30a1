using Concord.Consensus;
using Concord.Consensus.Paxos;
using Concord.Consensus.Raft;

namespace Concord.Simulation.Consensus;

/// <summary>What a replica starts with.</summary>
internal sealed record ReplicaSetup(NodeId Self, CoreProfile Profile, ulong Seed, RecoveredReplica Recovered);

/// <summary>Makes a replica.</summary>
internal delegate IReplicatedLog NewReplica(ReplicaSetup setup);

/// <summary>A protocol, as far as the simulator knows it besides its messages: how a replica is made, and what must
/// hold.</summary>
/// <param name="New">Makes a replica.</param>
/// <param name="NewRules">Makes the rules for a world.</param>
internal sealed record SimProtocol(NewReplica New, Func<CoreWorld, SafetyRules> NewRules)
{
    public static IReadOnlyList<string> Names { get; } = ["raft", "paxos"];

    public static SimProtocol Raft { get; } = new(
        static setup => new RaftCore(OptionsOf(setup), setup.Recovered), static world => new RaftRules(world));

    public static SimProtocol Paxos { get; } = new(
        static setup => new PaxosCore(OptionsOf(setup), setup.Recovered), static world => new PaxosRules(world));

    public static SimProtocol For(string protocol) => protocol switch
    {
        "raft" => Raft,
        "paxos" => Paxos,
        _ => throw Unknown(protocol),
    };

    public static ArgumentException Unknown(string protocol) => new(
        $"There is no protocol '{protocol}'. There are: {string.Join(", ", Names)}.", nameof(protocol));

    private static ReplicaOptions OptionsOf(ReplicaSetup setup)
    {
        CoreProfile profile = setup.Profile;
        return new()
        {
            Self = setup.Self,
            ElectionTimeout = TimeSpan.FromMicroseconds(profile.ElectionTimeout),
            HeartbeatInterval = TimeSpan.FromMicroseconds(profile.HeartbeatInterval),
            Seed = setup.Seed,
            AppendBytesMax = profile.AppendBytesMax,
            InflightMessagesMax = profile.InflightMessagesMax,
            InflightBytesMax = profile.InflightBytesMax,
            UncommittedBytesMax = profile.UncommittedBytesMax,
            WaitingReadsMax = profile.WaitingReadsMax,
            CatchUpEntriesMax = profile.CatchUpEntriesMax,
            PreVote = profile.PreVote,
            CheckQuorum = profile.CheckQuorum,
            LeaderLease = profile.LeaderLease,
            ClockDriftMax = profile.ClockDriftMax,
            HostTellsLiveness = profile.HostTellsLiveness,
            Priority = profile.Priorities[setup.Self.Value - 1],
        };
    }
}

using Concord.Consensus;
using Concord.Consensus.Raft;

namespace Concord.Simulation.Consensus;

/// <summary>What a replica starts with.</summary>
internal sealed record ReplicaSetup(NodeId Self, CoreProfile Profile, ulong Seed, RecoveredReplica Recovered);

/// <summary>Makes a replica; how, is all that the simulator knows of a protocol besides its messages.</summary>
internal delegate IReplicatedLog NewReplica(ReplicaSetup setup);

internal static class ReplicaFactory
{
    public static NewReplica For(string protocol) => protocol switch
    {
        "raft" => NewRaft,
        _ => throw new ArgumentException($"There is no protocol '{protocol}'. There is: raft.", nameof(protocol)),
    };

    private static RaftCore NewRaft(ReplicaSetup setup)
    {
        CoreProfile profile = setup.Profile;
        ReplicaOptions options = new()
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
        return new(options, setup.Recovered);
    }
}

using System.Globalization;
using Concord.Consensus;
using Concord.Consensus.Raft;

namespace Concord.Simulation.Consensus;

/// <content>What the protocol is asked to do, and what it is left to do without.</content>
internal sealed partial class CoreProfile
{
    /// <summary>Nodes that are not in the group when it begins.</summary>
    public int Spares { get; set; }

    public int Nodes => Replicas + Spares;

    /// <summary>An operator leaves at least so many voters.</summary>
    public int VotersMin { get; set; }

    /// <summary>How many voters commit in the beginning; zero for a majority.</summary>
    public int CommitSize { get; set; }

    public bool CommitSizeChanges { get; set; }

    public bool PreVote { get; set; }

    public bool CheckQuorum { get; set; }

    public bool LeaderLease { get; set; }

    /// <summary>What the core is told that clocks may differ by.</summary>
    public double ClockDriftMax { get; set; }

    public double ClockRateMin { get; set; }

    public double ClockRateMax { get; set; }

    /// <summary>Clocks may stand still or leap forward: not where a lease rests on them.</summary>
    public bool ClocksMayJump { get; set; }

    public bool HostTellsLiveness { get; set; }

    /// <summary>The host ticks only when the core says that it has something to do.</summary>
    public bool HonoursNextTick { get; set; }

    /// <summary>Followers ask their leader for a read instead of refusing it.</summary>
    public bool FollowerReads { get; set; }

    public int CatchUpEntriesMax { get; set; }

    public int WaitingReadsMax { get; set; }

    /// <summary>By place, or equal for all.</summary>
    public int[] Priorities { get; set; } = [];

    /// <summary>How many messages are damaged on their way.</summary>
    public double DamageChance { get; set; }

    /// <summary>Some nodes are still dead after the faults.</summary>
    public bool LeavesDead { get; set; }

    /// <summary>Whoever leads when all is healed hears nothing any more: others must lead.</summary>
    public bool LeavesDeaf { get; set; }

    /// <summary>Nodes that were removed go on running after the faults, and must not disturb.</summary>
    public bool FormerMembersStay { get; set; }

    public override string ToString() => string.Create(
        CultureInfo.InvariantCulture,
        $"pre-vote {PreVote}, check-quorum {CheckQuorum}, lease {LeaderLease}, liveness {HostTellsLiveness}, "
        + $"next tick {HonoursNextTick}, commit {CommitSize}, election {ElectionTimeout} us");

    private void DrawOptions(SimRandom random)
    {
        Spares = 1 + random.Next(3);
        VotersMin = random.Chance(0.7) ? 3 : 1;
        CommitSize = random.Chance(0.12) ? 1 + random.Next((Replicas / 2) + 1) : 0;
        CommitSizeChanges = random.Chance(0.3);
        PreVote = random.Chance(0.75);
        CheckQuorum = random.Chance(0.75);
        LeaderLease = CheckQuorum && random.Chance(0.4);
        ClockDriftMax = random.Between(0.02, 0.5);
        HostTellsLiveness = random.Chance(0.25);
        HonoursNextTick = random.Chance(0.5);
        FollowerReads = random.Chance(0.7);
        CatchUpEntriesMax = random.Chance(0.5) ? random.Next(20) : 1024;
        WaitingReadsMax = random.Chance(0.1) ? 1 + random.Next(3) : 65536;
        DamageChance = random.Chance(0.5) ? random.Between(0.0, 0.02) : 0;
        LeavesDead = random.Chance(0.6);
        LeavesDeaf = random.Chance(0.2);
        FormerMembersStay = random.Chance(0.5);
        bool ranked = random.Chance(0.3);
        Priorities = new int[16];
        for (int i = 0; i < Priorities.Length; i++)
        {
            Priorities[i] = ranked ? random.Next(ReplicaOptions.PriorityMax + 1) : ReplicaOptions.PriorityMax;
        }
    }

    /// <summary>Some things need each other, or cannot be asked for together.</summary>
    private void Reconcile()
    {
        LeaderLease &= CheckQuorum;
        ClocksMayJump = !LeaderLease;

        // The slowest clock and the fastest differ by just what the lease allows; without one, by much more.
        double allowed = Math.Sqrt(1 - ClockDriftMax);
        ClockRateMin = LeaderLease ? allowed * 1.001 : 0.5;
        ClockRateMax = LeaderLease ? 0.999 / allowed : 2.0;

        // Without pre-vote and check-quorum a node that was removed and does not know it may stand again and again.
        FormerMembersStay &= PreVote && CheckQuorum;
        LeavesDeaf &= PreVote && CheckQuorum;
    }
}

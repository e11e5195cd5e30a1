using Concord.Consensus;

namespace Concord.Simulation.Consensus;

/// <summary>What the rules remember of one replica, gathered from outside: from what it wrote, said and was
/// told.</summary>
internal sealed class ReplicaGhost(int replicas)
{
    /// <summary>Its log as it is in its memory: what is durable and what it has asked to be written.</summary>
    public LogPath Log { get; } = new();

    public Stamp Stamp { get; set; }

    /// <summary>What it had promised when it last wrote: no step since has accepted anything.</summary>
    public Stamp ModelPromise { get; set; }

    /// <summary>The last hard state that it asked to be written.</summary>
    public HardState Submitted { get; set; }

    public ulong Commit { get; set; }

    public ulong Applied { get; set; }

    /// <summary>The reign that it leads, while it does.</summary>
    public Reign? Leading { get; set; }

    /// <summary>The term of its last acknowledgement, and how far that went.</summary>
    public (Stamp Stamp, ulong Index) Acknowledged { get; set; }

    /// <summary>The last request for a vote that it was given.</summary>
    public Message LastVoteRequest { get; set; }

    /// <summary>Whether it had promised a leader its loyalty when it was asked for that vote.</summary>
    public bool WasLoyalWhenAsked { get; set; }

    /// <summary>The leader that it heard last, and until when by its own clock it gives nobody else its vote.</summary>
    public NodeId LoyalTo { get; set; }

    public TimeSpan LoyalUntil { get; set; }

    /// <summary>The membership that it had to go by before its last step: a read that was confirmed by that may leave
    /// with the change.</summary>
    public Membership? InForceBefore { get; set; }

    /// <summary>The membership that it was last found to have, and the entry that it came with.</summary>
    public (Membership? Membership, LogEntry? Config) Checked { get; set; }

    /// <summary>For each other replica: the term that it last confirmed to this one, and the step at which it said
    /// so.</summary>
    public (Stamp Stamp, long Step)[] Confirmed { get; } = new (Stamp, long)[replicas];

    public Dictionary<ulong, ReadGhost> Reads { get; } = [];

    public void Restart(LogDisk disk)
    {
        Log.CopyFrom(disk.Log);
        Stamp = ModelPromise = disk.Stamp;
        Submitted = disk.HardState;
        Commit = Applied = disk.SnapshotIndex;
        Leading = null;
        Acknowledged = default;
        LastVoteRequest = default;
        WasLoyalWhenAsked = false;
        LoyalTo = default;
        Checked = default;
        Array.Clear(Confirmed);
        Reads.Clear();
    }
}

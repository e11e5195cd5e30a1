namespace Concord.Consensus;

/// <summary>The settings of one replica. Times are the host's; the core only compares them.</summary>
public sealed record ReplicaOptions
{
    /// <summary>This replica's node.</summary>
    public required NodeId Self { get; init; }

    /// <summary>A follower that hears no leader for this long, up to twice this long, asks for votes; and again, until
    /// there is a leader, after half of that.</summary>
    public TimeSpan ElectionTimeout { get; init; } = TimeSpan.FromSeconds(1);

    /// <summary>How long the first wait after a start is; null for a random one like any other. A host gives its
    /// preferred leader a shorter one than the others, so that leaders are spread over the nodes.</summary>
    public TimeSpan? FirstElectionTimeout { get; init; }

    /// <summary>How often a leader says that it is there.</summary>
    public TimeSpan HeartbeatInterval { get; init; } = TimeSpan.FromMilliseconds(100);

    /// <summary>Whether a replica first asks if it would be elected, so that one that was cut off does not disturb a
    /// leader when it comes back (thesis 9.6).</summary>
    public bool PreVote { get; init; } = true;

    /// <summary>
    /// Whether a leader that has not heard of a quorum for an election timeout steps down, and a replica that heard of
    /// a leader within one refuses others its vote (thesis 4.2.3, 6.2). Pre-vote and this need each other to stay live
    /// where not everybody hears everybody.
    /// </summary>
    public bool CheckQuorum { get; init; } = true;

    /// <summary>
    /// Whether the leader answers reads without a round while a quorum has promised it not to elect another (thesis
    /// 6.4.1). Rests on clocks whose rates differ by less than <see cref="ClockDriftMax"/>: off unless asked for.
    /// </summary>
    public bool LeaderLease { get; init; }

    /// <summary>How much slower than another the clock of a replica may run, as a share. A lease is shorter than the
    /// promise it rests on by so much.</summary>
    public double ClockDriftMax { get; init; } = 0.2;

    /// <summary>From 0 to <see cref="PriorityMax"/>: each point less makes the wait before an election longer, up to
    /// one more election timeout. Says who comes first, never who may.</summary>
    public int Priority { get; init; } = PriorityMax;

    /// <summary>The priority of a replica that waits no longer than others.</summary>
    public const int PriorityMax = 100;

    /// <summary>A learner may become a voter when it lacks at most so many entries.</summary>
    public int CatchUpEntriesMax { get; init; } = 1024;

    /// <summary>
    /// Whether the host tells by <see cref="IReplicatedLog.Alive"/> that other nodes are there. Then a leader sends no
    /// heartbeats to a follower that has everything and knows it, and an idle group costs nothing.
    /// </summary>
    public bool HostTellsLiveness { get; init; }

    /// <summary>Where the randomness of election timeouts and request numbers comes from; different on every replica
    /// and at every start.</summary>
    public required ulong Seed { get; init; }

    /// <summary>The most bytes of entries in one message; one entry always fits.</summary>
    public int AppendBytesMax { get; init; } = 512 << 10;

    /// <summary>The most messages with entries on their way to one follower.</summary>
    public int InflightMessagesMax { get; init; } = 256;

    /// <summary>The most bytes of entries on their way to one follower; one message always fits.</summary>
    public int InflightBytesMax { get; init; } = 8 << 20;

    /// <summary>Proposals are refused while this many bytes are not committed.</summary>
    public long UncommittedBytesMax { get; init; } = 64 << 20;

    /// <summary>In Multi-Paxos: the most entries that are not committed. Proposals beyond are refused by a leader, and
    /// not accepted by its followers: so much a new leader may have to ask for.</summary>
    public int WindowEntriesMax { get; init; } = 1 << 16;

    /// <summary>Reads are refused while this many wait.</summary>
    public int WaitingReadsMax { get; init; } = 65536;

    internal TimeSpan LeaseDuration => ElectionTimeout * (1 - ClockDriftMax);

    internal void Check()
    {
        if (LeaderLease && !CheckQuorum)
        {
            throw new ArgumentException("A leader lease needs CheckQuorum: it is the promise that the lease rests on.");
        }

        if (Priority is < 0 or > PriorityMax || ClockDriftMax is < 0 or >= 1 || ElectionTimeout <= TimeSpan.Zero
            || HeartbeatInterval <= TimeSpan.Zero || HeartbeatInterval >= ElectionTimeout)
        {
            throw new ArgumentException(
                $"Priority is 0 to {PriorityMax}, ClockDriftMax 0 to below 1, and heartbeats come more often than the "
                + $"election timeout; got {Priority}, {ClockDriftMax}, {HeartbeatInterval} and {ElectionTimeout}.");
        }
    }
}

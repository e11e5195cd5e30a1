namespace Concord.Consensus.Raft;

/// <summary>The settings of one replica. Times are the host's; the core only compares them.</summary>
public sealed record RaftOptions
{
    /// <summary>This replica's node.</summary>
    public required NodeId Self { get; init; }

    /// <summary>Who votes.</summary>
    public required Membership Membership { get; init; }

    /// <summary>A follower that hears no leader for this long, up to twice this long, asks for votes.</summary>
    public TimeSpan ElectionTimeout { get; init; } = TimeSpan.FromSeconds(1);

    /// <summary>How long the first wait after a start is; null for a random one like any other. A host gives its
    /// preferred leader a shorter one than the others, so that leaders are spread over the nodes.</summary>
    public TimeSpan? FirstElectionTimeout { get; init; }

    /// <summary>How often a leader says that it is there.</summary>
    public TimeSpan HeartbeatInterval { get; init; } = TimeSpan.FromMilliseconds(100);

    /// <summary>Where the randomness of election timeouts comes from; different on every replica.</summary>
    public required ulong Seed { get; init; }

    /// <summary>The most bytes of entries in one message; one entry always fits.</summary>
    public int AppendBytesMax { get; init; } = 512 << 10;

    /// <summary>The most messages with entries on their way to one follower.</summary>
    public int InflightMessagesMax { get; init; } = 256;

    /// <summary>The most bytes of entries on their way to one follower; one message always fits.</summary>
    public int InflightBytesMax { get; init; } = 8 << 20;

    /// <summary>Proposals are refused while this many bytes are not committed.</summary>
    public long UncommittedBytesMax { get; init; } = 64 << 20;

    /// <summary>Reads are refused while this many wait.</summary>
    public int WaitingReadsMax { get; init; } = 65536;
}

using System.Net;

namespace Concord;

/// <summary>How this process is a member of a cluster.</summary>
public sealed class ClusterNodeOptions
{
    /// <summary>The node's own folder; created if it is not there. Nobody else may use it.</summary>
    public string DataDirectory { get; set; } = "";

    /// <summary>The addresses of the first members, <c>host:port</c>, the same on every member, in any order. Stays the
    /// same when members come and go. Empty for a node that joins.</summary>
    public IList<string> InitialMembers { get; } = [];

    /// <summary>For a node that was added to a running cluster: addresses of members to ask who it is, when its folder
    /// is empty. Not together with <see cref="InitialMembers"/>.</summary>
    public IList<string> JoinThrough { get; } = [];

    /// <summary>Where this member listens, for members and clients. Default: the advertised address, if that is an IP
    /// address.</summary>
    public IPEndPoint? ListenEndPoint { get; set; }

    /// <summary>This member, as it stands in <see cref="InitialMembers"/>, or as it was added. Default: <see
    /// cref="ListenEndPoint"/>.</summary>
    public string? AdvertisedAddress { get; set; }

    /// <summary>How many shards the cluster has, 1 to 1,024; fixed when it is created, the same on every member. 3 by
    /// default.</summary>
    public int Shards { get; set; } = 3;

    /// <summary>A follower that hears nothing of its leader for this long, up to twice this long, looks for another.
    /// One second by default; the same on every member.</summary>
    public TimeSpan ElectionTimeout { get; set; } = TimeSpan.FromSeconds(1);

    /// <summary>
    /// Whether reads rest on a lease instead of asking a majority each time. A lease is a promise of the others to
    /// elect nobody else for an election timeout: reads stay linearizable as long as no member's clock runs a fifth
    /// faster or slower than another's. Off by default; the same on every member.
    /// </summary>
    public bool LeaderLease { get; set; }

    /// <summary>
    /// Holds the cluster at this level of operations for as long as one member says so: until then every member can go
    /// back to the build before. Null, the default, for all that this build knows. A level that the cluster has reached
    /// stays: a member with a lower one does not start, and says so.
    /// </summary>
    public int? LevelMax { get; set; }

    /// <summary>Without it, an address that is not loopback is refused: the connections are not encrypted
    /// yet.</summary>
    public bool AllowInsecureTransport { get; set; }

    /// <summary>A member that holds more state than this refuses writes that add to it. In bytes; 256 MiB by
    /// default.</summary>
    public long MaxStateBytes { get; set; } = 256L << 20;

    /// <summary>
    /// How much of its snapshots this member gives per second to all others that catch up, together, so that they do
    /// not hold up its writes. In bytes per second: 65,536 (64 KiB) or more; 64 MiB by default. <see
    /// cref="long.MaxValue"/> is no limit. May differ from member to member.
    /// </summary>
    public long SnapshotBytesPerSecond { get; set; } = 64L << 20;
}

/// <summary>How a single node runs.</summary>
public sealed class SingleNodeOptions
{
    /// <summary>"I run one process." Without it a single node refuses to start in the Production environment: two
    /// processes with a node each would each have their own truth.</summary>
    public bool SingleInstance { get; set; }

    /// <summary>A node that holds more state than this refuses writes that add to it. In bytes; 256 MiB by
    /// default.</summary>
    public long MaxStateBytes { get; set; } = 256L << 20;
}

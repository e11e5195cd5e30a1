using Concord.Encoding;

namespace Concord.Cluster.Node;

/// <summary>Where a node is in its life in the cluster.</summary>
internal enum NodeState : byte
{
    /// <summary>Belongs to it, or will as soon as it is started.</summary>
    Member = 1,

    /// <summary>Is being taken out: what it holds goes to others.</summary>
    Leaving = 2,

    /// <summary>Was taken out. Its number is never used again.</summary>
    Removed = 3,
}

/// <summary>What the cluster remembers of a node.</summary>
/// <param name="Node">Its number.</param>
/// <param name="Address">Where it listens.</param>
/// <param name="Seat">Which shards it holds follows from this: its own number, or the seat of the node whose place it
/// took.</param>
/// <param name="State">Where it is in its life.</param>
/// <param name="Incarnation">The number of its data folder; zero until it has been heard of. One that comes with
/// another has lost what it promised, and is not let in.</param>
/// <param name="HasJoined">Whether it was ever there. Before that nothing is given to it.</param>
internal sealed record DirectoryEntry(
    ushort Node, string Address, ushort Seat, NodeState State, ulong Incarnation, bool HasJoined);

/// <summary>
/// Every node that ever belonged to the cluster. Lives in the log of shard 0 and is changed only through it; every node
/// has a copy, which may be behind. Who votes in a shard does not stand here but in the shard's own log: this says
/// where nodes are, and where shards shall be. Immutable.
/// </summary>
internal sealed class NodeDirectory
{
    /// <summary>The most nodes that a cluster can have had in its life.</summary>
    public const int EntriesMax = 1000;

    public const int AddressBytesMax = 40;
    private const byte FormatVersion = 1;

    private NodeDirectory(ulong version, IReadOnlyList<DirectoryEntry> entries) =>
        (Version, Entries) = (version, entries);

    /// <summary>How often it was changed.</summary>
    public ulong Version { get; }

    /// <summary>By number, ascending.</summary>
    public IReadOnlyList<DirectoryEntry> Entries { get; }

    /// <summary>Those that are not removed.</summary>
    public IEnumerable<DirectoryEntry> Present => Entries.Where(static entry => entry.State != NodeState.Removed);

    /// <summary>What a cluster begins with.</summary>
    public static NodeDirectory Founders(IReadOnlyList<string> members) => new(0, [.. members.Select(
        static (address, i) =>
            new DirectoryEntry((ushort)(i + 1), address, (ushort)(i + 1), NodeState.Member, 0, HasJoined: true))]);

    public DirectoryEntry? Find(ushort node) => node > 0 && node <= Entries.Count ? Entries[node - 1] : null;

    /// <summary>The newest node with this address that was not removed.</summary>
    public DirectoryEntry? At(string address) =>
        Entries.LastOrDefault(entry => entry.Address == address && entry.State != NodeState.Removed);

    /// <summary>Who is to take the place of a node, and has not come yet or not taken everything over.</summary>
    public DirectoryEntry? SuccessorOf(DirectoryEntry entry) => Entries.LastOrDefault(
        other => other.Seat == entry.Seat && other.Node > entry.Node && other.State == NodeState.Member);

    /// <summary>Whether a node has lost its address to a newer one: dialing it would reach the other.</summary>
    public bool IsShadowed(DirectoryEntry entry) => At(entry.Address)?.Node != entry.Node;

    /// <summary>The directory with one node more.</summary>
    public NodeDirectory With(string address, ushort? seat = null)
    {
        ushort node = (ushort)(Entries.Count + 1);
        return new(Version + 1,
            [.. Entries, new(node, address, seat ?? node, NodeState.Member, Incarnation: 0, HasJoined: false)]);
    }

    /// <summary>The directory with other words about a node; any number of them make one change.</summary>
    public NodeDirectory With(params DirectoryEntry[] changed) => new(Version + 1,
        [.. Entries.Select(entry => Array.Find(changed, other => other.Node == entry.Node) ?? entry)]);

    /// <summary>Two changes as one.</summary>
    public NodeDirectory AsOneAfter(NodeDirectory before) => new(before.Version + 1, Entries);

    public byte[] Encode()
    {
        var writer = new ByteWriter(64);
        writer.WriteByte(FormatVersion);
        writer.WriteUInt64(Version);
        writer.WriteUInt16((ushort)Entries.Count);
        foreach (DirectoryEntry entry in Entries)
        {
            writer.WriteUInt16(entry.Seat);
            writer.WriteByte((byte)entry.State);
            writer.WriteByte(entry.HasJoined ? (byte)1 : (byte)0);
            writer.WriteUInt64(entry.Incarnation);
            writer.WriteText(entry.Address);
        }

        return writer.ToArray();
    }

    /// <exception cref="MalformedDataException">It is no directory, or one of a later version.</exception>
    public static NodeDirectory Decode(ReadOnlySpan<byte> bytes)
    {
        var reader = new ByteReader(bytes);
        if (reader.ReadByte() is not FormatVersion and var version)
        {
            throw new MalformedDataException(
                $"The directory of nodes is of version {version}; this build knows version {FormatVersion}. "
                + "Nothing is lost. Start this node with the build of the others.");
        }

        ulong changes = reader.ReadUInt64();
        var entries = new DirectoryEntry[reader.ReadUInt16()];
        for (int i = 0; i < entries.Length; i++)
        {
            ushort seat = reader.ReadUInt16();
            var state = (NodeState)reader.ReadByte();
            bool hasJoined = reader.ReadByte() == 1;
            entries[i] = new((ushort)(i + 1), "", seat, state, reader.ReadUInt64(), hasJoined)
            {
                Address = reader.ReadText(),
            };
        }

        reader.End();
        return new(changes, entries);
    }
}

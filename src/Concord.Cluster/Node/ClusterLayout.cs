using System.Security.Cryptography;
using Concord.Client.Wire;
using Concord.Consensus;
using Concord.Encoding;
using Concord.Engines;

namespace Concord.Cluster.Node;

/// <summary>
/// How a cluster is laid out from its beginning: members, shards, slots. Every node computes the same from the same
/// list of members; the first entry of every shard records it, and a folder of another cluster is refused by it.
/// </summary>
internal sealed class ClusterLayout
{
    public const int ShardsMax = 1024;
    public const int ReplicasMax = 3;
    private const byte FormatVersion = 1;
    private const byte DescriptionVersion = 2;

    private ClusterLayout(IReadOnlyList<string> members, int shards, ReplicaProtocol protocol)
    {
        Members = members;
        Shards = shards;
        Protocol = protocol;
        Bytes = Encode(members, shards, protocol);
        ClusterId = new(SHA256.HashData(Bytes).AsSpan(0, 16));
        Places = Place(members.Count, shards);
        Topology = new()
        {
            Version = 1,
            ShardOfSlot = [.. Enumerable.Range(0, Slot.Count).Select(slot => (ushort)(slot * shards / Slot.Count))],
            Shards = [.. Places.Select(static replicas => new ShardPlace(0, replicas))],
            Nodes = [.. members.Select(static (address, i) => new NodeAddress((ushort)(i + 1), address))],
        };
    }

    /// <summary>The addresses of the members in their order; the first is node 1.</summary>
    public IReadOnlyList<string> Members { get; }

    public int Shards { get; }

    /// <summary>How the replicas agree.</summary>
    public ReplicaProtocol Protocol { get; }

    public Guid ClusterId { get; }

    /// <summary>The layout as it is stored in the log.</summary>
    public byte[] Bytes { get; }

    /// <summary>The nodes of each shard; the first is the preferred leader.</summary>
    public IReadOnlyList<IReadOnlyList<ushort>> Places { get; }

    /// <summary>The slot table and the addresses; leaders are filled in when it is sent.</summary>
    public Topology Topology { get; }

    /// <summary>The layout of a cluster that begins.</summary>
    /// <param name="members">Their addresses, in any order.</param>
    /// <param name="shards">How many shards.</param>
    /// <param name="protocol">How the replicas agree; Raft unless it is said.</param>
    public static ClusterLayout Create(IEnumerable<string> members, int shards, ReplicaProtocol? protocol = null)
    {
        // Sorted: every node may be given the list in another order.
        string[] sorted = [.. members.Order(StringComparer.Ordinal)];
        if (sorted.Length is 0 or > Membership.VotersMax
            || sorted.Distinct(StringComparer.Ordinal).Count() != sorted.Length)
        {
            throw new ArgumentException(
                $"A cluster begins with 1 to {Membership.VotersMax} members, each named once; got "
                    + $"'{string.Join(", ", sorted)}'.");
        }

        if (shards is < 1 or > ShardsMax)
        {
            throw new ArgumentException($"A cluster has 1 to {ShardsMax} shards, not {shards}.");
        }

        return new(sorted, shards, protocol ?? ReplicaProtocol.Raft);
    }

    /// <summary>What a node keeps with its identity: how the cluster began, and the newest directory that it has seen.
    /// Without it a node whose founders are all gone would not know whom to ask.</summary>
    public byte[] Describe(NodeDirectory directory)
    {
        if (directory.Version == 0)
        {
            return Bytes;
        }

        var writer = new ByteWriter();
        writer.WriteByte(DescriptionVersion);
        writer.WriteBytes(Bytes);
        writer.WriteBytes(directory.Encode());
        return writer.ToArray();
    }

    /// <summary>Reads what <see cref="Describe"/> wrote.</summary>
    /// <exception cref="MalformedDataException">It is none, or one of a later version.</exception>
    public static (ClusterLayout Layout, NodeDirectory Directory) DecodeDescription(ReadOnlySpan<byte> bytes)
    {
        if (bytes.IsEmpty || bytes[0] != DescriptionVersion)
        {
            ClusterLayout founded = Decode(bytes);
            return (founded, NodeDirectory.Founders(founded.Members));
        }

        var reader = new ByteReader(bytes[1..]);
        ClusterLayout layout = Decode(reader.ReadBytes());
        NodeDirectory directory = NodeDirectory.Decode(reader.ReadBytes());
        reader.End();
        return (layout, directory);
    }

    public static ClusterLayout Decode(ReadOnlySpan<byte> bytes)
    {
        var reader = new ByteReader(bytes);
        byte version = reader.ReadByte();
        string name = reader.ReadText();
        if (version != FormatVersion || ReplicaProtocol.Find(name) is not { } protocol)
        {
            string known = string.Join("', '", ReplicaProtocol.All.Select(static each => each.Name));
            throw new MalformedDataException(
                $"The data folder was written for layout version {version} and protocol '{name}'; this build knows "
                + $"version {FormatVersion} and '{known}'. "
                + "Start it with the build that wrote it.");
        }

        int shards = reader.ReadUInt16();
        string[] members = new string[reader.ReadUInt16()];
        for (int i = 0; i < members.Length; i++)
        {
            members[i] = reader.ReadText();
        }

        reader.End();
        return new(members, shards, protocol);
    }

    /// <summary>The protocol of a cluster that has this id and differs from this one in nothing else; null if there is
    /// none. Only the id is ever told to others, and whoever chose otherwise shall be told what is wrong.</summary>
    public ReplicaProtocol? ProtocolOf(Guid cluster) => ReplicaProtocol.All.FirstOrDefault(
        protocol => protocol != Protocol && new ClusterLayout(Members, Shards, protocol).ClusterId == cluster);

    public NodeId NodeAt(string address)
    {
        for (int i = 0; i < Members.Count; i++)
        {
            if (Members[i] == address)
            {
                return new((ushort)(i + 1));
            }
        }

        return NodeId.None;
    }

    public Membership MembershipOf(int shard) => new(Places[shard].Select(static node => new NodeId(node)));

    private static byte[] Encode(IReadOnlyList<string> members, int shards, ReplicaProtocol protocol)
    {
        var writer = new ByteWriter();
        writer.WriteByte(FormatVersion);
        writer.WriteText(protocol.Name);
        writer.WriteUInt16((ushort)shards);
        writer.WriteUInt16((ushort)members.Count);
        foreach (string member in members)
        {
            writer.WriteText(member);
        }

        return writer.ToArray();
    }

    /// <summary>
    /// Rendezvous hashing (Thaler and Ravishankar 1998): each shard goes to the nodes that score highest for it, so
    /// that a change of the members moves no more than it must. Among them the preferred leader is the one that leads
    /// least so far.
    /// </summary>
    private static List<IReadOnlyList<ushort>> Place(int nodes, int shards)
    {
        var places = new List<IReadOnlyList<ushort>>(shards);
        int[] leads = new int[nodes + 1];
        for (int shard = 0; shard < shards; shard++)
        {
            ushort[] replicas = [.. Enumerable.Range(1, nodes)
                .Select(static node => (ushort)node)
                .OrderByDescending(node => Score(shard, node))
                .Take(ReplicasMax)];
            ushort leader = replicas.MinBy(node => leads[node]);
            leads[leader]++;
            places.Add([leader, .. replicas.Where(node => node != leader)]);
        }

        return places;
    }

    /// <summary>
    /// Who shall hold a shard, given who there is: the same hashing over the seats of the nodes. A node that takes the
    /// place of another sits on its seat, so that nothing else moves; it holds nothing before it was there, and until
    /// then the one that it follows stays.
    /// </summary>
    public static IReadOnlyList<NodeId> Wanted(NodeDirectory directory, int shard) => [.. directory.Present
        .GroupBy(static entry => entry.Seat)
        .Select(seat => OccupantOf(directory, seat))
        .OfType<DirectoryEntry>()
        .OrderByDescending(entry => Score(shard, entry.Seat))
        .Take(ReplicasMax)
        .Select(static entry => new NodeId(entry.Node))
        .OrderBy(static node => node.Value)];

    private static DirectoryEntry? OccupantOf(NodeDirectory directory, IEnumerable<DirectoryEntry> seat) =>
        seat.LastOrDefault(static entry => entry.State == NodeState.Member && entry.HasJoined)
        ?? seat.LastOrDefault(entry => entry.State == NodeState.Leaving && directory.SuccessorOf(entry) is not null);

    private static ulong Score(int shard, ushort node)
    {
        Span<byte> text = stackalloc byte[8];
        System.Buffers.Binary.BinaryPrimitives.WriteInt32LittleEndian(text, shard);
        System.Buffers.Binary.BinaryPrimitives.WriteInt32LittleEndian(text[4..], node);
        return SlotHash.Hash(text);
    }
}

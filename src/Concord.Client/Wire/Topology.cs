using Concord.Encoding;
using Concord.Engines;

namespace Concord.Client.Wire;

/// <summary>Which shard holds a slot, which nodes hold a shard, where they listen, and who leads as far as is
/// known.</summary>
internal sealed class Topology
{
    /// <summary>Of the slot table; a higher one replaces a lower one.</summary>
    public required uint Version { get; init; }

    /// <summary>The shard of each slot.</summary>
    public required ushort[] ShardOfSlot { get; init; }

    public required IReadOnlyList<ShardPlace> Shards { get; init; }

    public required IReadOnlyList<NodeAddress> Nodes { get; init; }

    public uint ShardOf(Slot slot) => ShardOfSlot[slot.Value];

    public string? AddressOf(ushort node)
    {
        foreach (NodeAddress address in Nodes)
        {
            if (address.Node == node)
            {
                return address.Address;
            }
        }

        return null;
    }

    public void Write(ByteWriter writer)
    {
        writer.WriteUInt32(Version);
        foreach (ushort shard in ShardOfSlot)
        {
            writer.WriteUInt16(shard);
        }

        writer.WriteUInt16((ushort)Shards.Count);
        foreach (ShardPlace shard in Shards)
        {
            writer.WriteUInt16(shard.Leader);
            writer.WriteByte((byte)shard.Replicas.Count);
            foreach (ushort replica in shard.Replicas)
            {
                writer.WriteUInt16(replica);
            }
        }

        writer.WriteUInt16((ushort)Nodes.Count);
        foreach (NodeAddress node in Nodes)
        {
            writer.WriteUInt16(node.Node);
            writer.WriteText(node.Address);
        }
    }

    /// <exception cref="MalformedDataException">It is no topology.</exception>
    public static Topology Read(ByteReader reader)
    {
        uint version = reader.ReadUInt32();
        ushort[] slots = new ushort[Slot.Count];
        for (int i = 0; i < slots.Length; i++)
        {
            slots[i] = reader.ReadUInt16();
        }

        var shards = new ShardPlace[reader.ReadUInt16()];
        for (int i = 0; i < shards.Length; i++)
        {
            ushort leader = reader.ReadUInt16();
            ushort[] replicas = new ushort[reader.ReadByte()];
            for (int j = 0; j < replicas.Length; j++)
            {
                replicas[j] = reader.ReadUInt16();
            }

            shards[i] = new(leader, replicas);
        }

        var nodes = new NodeAddress[reader.ReadUInt16()];
        for (int i = 0; i < nodes.Length; i++)
        {
            nodes[i] = new(reader.ReadUInt16(), reader.ReadText());
        }

        reader.End();
        if (Array.Exists(slots, slot => slot >= shards.Length))
        {
            throw new MalformedDataException("Malformed data: a slot of a shard that is not there.");
        }

        return new() { Version = version, ShardOfSlot = slots, Shards = shards, Nodes = nodes };
    }
}

/// <summary>Where a shard is.</summary>
/// <param name="Leader">Who leads it, as far as is known; zero if it is not.</param>
/// <param name="Replicas">The nodes that hold it; the first is the preferred leader.</param>
internal readonly record struct ShardPlace(ushort Leader, IReadOnlyList<ushort> Replicas);

/// <summary>Where a node listens.</summary>
internal readonly record struct NodeAddress(ushort Node, string Address);

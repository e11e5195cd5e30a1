using System.Buffers.Binary;

namespace Concord.Consensus;

/// <summary>A membership as bytes, in entries and snapshots: version 1, the two commit sizes and the three counts of
/// one byte each, then the nodes of two bytes each. Little-endian.</summary>
public static class MembershipCodec
{
    private const int HeadBytes = 6;
    private const int NodeBytes = 2;
    private const byte Version = 1;

    /// <summary>The bytes of <paramref name="membership"/>.</summary>
    public static byte[] Encode(Membership membership)
    {
        ArgumentNullException.ThrowIfNull(membership);
        NodeId[] nodes = [.. membership.Voters, .. membership.Outgoing, .. membership.Learners];
        byte[] bytes = new byte[HeadBytes + (nodes.Length * NodeBytes)];
        bytes[0] = Version;
        bytes[1] = (byte)membership.CommitSize;
        bytes[2] = (byte)membership.OutgoingCommitSize;
        bytes[3] = (byte)membership.Voters.Count;
        bytes[4] = (byte)membership.Outgoing.Count;
        bytes[5] = (byte)membership.Learners.Count;
        for (int i = 0; i < nodes.Length; i++)
        {
            BinaryPrimitives.WriteUInt16LittleEndian(bytes.AsSpan(HeadBytes + (i * NodeBytes)), nodes[i].Value);
        }

        return bytes;
    }

    /// <summary>Reads a membership.</summary>
    /// <param name="source">Exactly one membership.</param>
    /// <returns>Null when the bytes are none.</returns>
    public static Membership? TryDecode(ReadOnlySpan<byte> source)
    {
        if (source.Length < HeadBytes || source[0] != Version
            || source.Length != HeadBytes + ((source[3] + source[4] + source[5]) * NodeBytes))
        {
            return null;
        }

        ReadOnlySpan<byte> nodes = source[HeadBytes..];
        NodeId[] voters = ReadNodes(ref nodes, source[3]);
        NodeId[] outgoing = ReadNodes(ref nodes, source[4]);
        NodeId[] learners = ReadNodes(ref nodes, source[5]);
        return Membership.TryCreate(voters, outgoing, learners, source[1], source[2]);
    }

    private static NodeId[] ReadNodes(ref ReadOnlySpan<byte> rest, int count)
    {
        NodeId[] nodes = new NodeId[count];
        for (int i = 0; i < count; i++)
        {
            nodes[i] = new(BinaryPrimitives.ReadUInt16LittleEndian(rest));
            rest = rest[NodeBytes..];
        }

        return nodes;
    }
}

using Concord.Consensus;
using Concord.Encoding;

namespace Concord.Cluster.Node;

/// <summary>
/// What the leader of a shard tells all nodes: who holds it. A hint like any other; what counts stands in the shard's
/// log.
/// </summary>
/// <param name="Shard">The shard.</param>
/// <param name="Leader">Who says so.</param>
/// <param name="Term">Its term.</param>
/// <param name="Directory">The version of the directory that it acts by.</param>
/// <param name="Membership">Who belongs to the shard.</param>
/// <param name="IsSettled">Whether that is committed, and no step in between.</param>
/// <param name="Waiting">What keeps the shard from being where the directory wants it; empty if nothing.</param>
internal sealed record ShardReport(
    uint Shard, NodeId Leader, Stamp Term, ulong Directory, Membership Membership, bool IsSettled, string Waiting)
{
    public void Write(ByteWriter writer)
    {
        writer.WriteUInt32(Shard);
        writer.WriteUInt16(Leader.Value);
        writer.WriteUInt64(Term.Value);
        writer.WriteUInt64(Directory);
        writer.WriteBytes(MembershipCodec.Encode(Membership));
        writer.WriteByte(IsSettled ? (byte)1 : (byte)0);
        writer.WriteText(Waiting);
    }

    /// <exception cref="MalformedDataException">It is none.</exception>
    public static ShardReport Read(ref ByteReader reader)
    {
        uint shard = reader.ReadUInt32();
        var leader = new NodeId(reader.ReadUInt16());
        var term = new Stamp(reader.ReadUInt64());
        ulong directory = reader.ReadUInt64();
        Membership membership = MembershipCodec.TryDecode(reader.ReadBytes())
            ?? throw new MalformedDataException("Malformed data: the membership in a report.");
        bool isSettled = reader.ReadByte() == 1;
        return new(shard, leader, term, directory, membership, isSettled, reader.ReadText());
    }
}

using Concord.Consensus;
using Concord.Encoding;

namespace Concord.Cluster.Node;

/// <summary>The membership beside the records of a snapshot: the entry that it came with, then itself. A snapshot
/// without one is of the time before memberships changed.</summary>
internal static class MembershipExtra
{
    public static byte[] Write(SnapshotPoint point)
    {
        var writer = new ByteWriter();
        writer.WriteUInt64(point.MembershipIndex.Value);
        writer.WriteRaw(MembershipCodec.Encode(point.Membership));
        return writer.ToArray();
    }

    /// <exception cref="MalformedDataException">These bytes are no membership.</exception>
    public static (LogIndex Index, Membership Membership) Read(ReadOnlySpan<byte> extra, Membership founders)
    {
        if (extra.IsEmpty)
        {
            return (default, founders);
        }

        var reader = new ByteReader(extra);
        LogIndex index = new(reader.ReadUInt64());
        return MembershipCodec.TryDecode(reader.Rest) is { } membership
            ? (index, membership)
            : throw new MalformedDataException("Malformed data: the membership in a snapshot.");
    }
}

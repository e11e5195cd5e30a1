using Concord.Cluster.State;
using Concord.Encoding;

namespace Concord.Cluster.Tests.State;

/// <summary>Snapshots as whole files.</summary>
internal static class SnapshotFile
{
    public static byte[] Write(Keyspace keyspace, byte[]? extra = null)
    {
        using var writer = new SnapshotWriter(keyspace, 7, new(100), Consensus.Stamp.FromTerm(3), new(12_345), extra);
        return Write(writer);
    }

    public static byte[] Write(SnapshotWriter writer, Action? betweenPieces = null)
    {
        var file = new ByteWriter();
        while (!writer.WriteNext(file))
        {
            betweenPieces?.Invoke();
        }

        return file.ToArray();
    }

    public static Keyspace Read(ReadOnlySpan<byte> file)
    {
        var reader = new SnapshotReader();
        reader.Feed(file);
        return reader.Complete();
    }
}

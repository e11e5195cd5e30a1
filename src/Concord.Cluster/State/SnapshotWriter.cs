using Concord.Consensus;
using Concord.Encoding;
using Concord.Engines;

namespace Concord.Cluster.State;

/// <summary>Writes a snapshot of a keyspace piece by piece, while writes to the keyspace go on.</summary>
internal sealed class SnapshotWriter : IDisposable
{
    private readonly KeyspaceSnapshot _snapshot;
    private uint _checksum;
    private bool _hasBegun;

    /// <summary>Pins the keyspace as it is: all up to <paramref name="index"/> is applied, nothing after it.</summary>
    public SnapshotWriter(
        Keyspace keyspace, uint shard, LogIndex index, Stamp stamp, LogTime time, ReadOnlySpan<byte> extra = default)
    {
        if (extra.Length > SnapshotFormat.ExtraBytesMax)
        {
            throw new ArgumentException(
                $"At most {SnapshotFormat.ExtraBytesMax} bytes go beside the records; these are {extra.Length}.",
                nameof(extra));
        }

        _snapshot = keyspace.OpenSnapshot();
        Head = new(shard, index, stamp, _snapshot.Revision, time, extra.ToArray());
    }

    public SnapshotHead Head { get; }

    /// <summary>The foot has been written.</summary>
    public bool IsComplete { get; private set; }

    /// <summary>
    /// Appends the next piece, head, block or foot: nothing at all, or up to about 256 KiB and the record that goes
    /// beyond. Returns whether it was the last.
    /// </summary>
    public bool WriteNext(ByteWriter target)
    {
        if (IsComplete)
        {
            throw new InvalidOperationException("The snapshot has been written to its end.");
        }

        if (!_hasBegun)
        {
            _hasBegun = true;
            _checksum = SnapshotFormat.WriteHead(target, Head);
        }
        else if (!_snapshot.IsFinished)
        {
            WriteBlock(target);
        }
        else
        {
            WriteFoot(target);
            IsComplete = true;
        }

        return IsComplete;
    }

    public void Dispose() => _snapshot.Dispose();

    private void WriteBlock(ByteWriter target)
    {
        int start = target.Length;
        int recordsBefore = _snapshot.RecordsRead;
        target.Reserve(SnapshotFormat.BlockHeadBytes);
        _snapshot.ReadSlice(target, SnapshotFormat.BlockRecordsMax, SnapshotFormat.BlockBytes);
        int count = _snapshot.RecordsRead - recordsBefore;
        if (count == 0)
        {
            // A stretch of keys that did not exist yet; an empty block would be taken for the foot.
            target.Truncate(start);
            return;
        }

        target.OverwriteInt32(start, target.Length - start - SnapshotFormat.BlockHeadBytes);
        target.OverwriteInt32(start + 4, count);
        ReadOnlySpan<byte> block = target.Written[start..];
        _checksum = SnapshotFormat.ChecksumOf(block[..8], block[SnapshotFormat.BlockHeadBytes..], _checksum);
        target.OverwriteUInt32(start + 8, _checksum);
    }

    private void WriteFoot(ByteWriter target)
    {
        int start = target.Length;
        target.WriteUInt32(0);
        target.WriteUInt64((ulong)_snapshot.Count);
        target.WriteUInt64(_snapshot.Digest);
        target.WriteUInt32(Checksum.Crc32C(target.Written[start..], _checksum));
    }
}

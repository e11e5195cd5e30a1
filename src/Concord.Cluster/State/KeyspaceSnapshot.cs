using Concord.Consensus;
using Concord.Encoding;

namespace Concord.Cluster.State;

/// <summary>
/// The records as they were when it was opened, read in key order and in slices while writes go on. It remembers a key,
/// not a place in an index, so that no insertion or deletion can lead it astray; what lies behind the key needs no old
/// versions any more.
/// </summary>
internal sealed class KeyspaceSnapshot : IDisposable
{
    private readonly Keyspace _keyspace;
    private readonly byte[] _cursor = new byte[Keyspace.KeyBytesMax];
    private int _cursorLength;
    private int _partition;
    private ulong _digestRead;
    private bool _isDisposed;

    public KeyspaceSnapshot(Keyspace keyspace)
    {
        _keyspace = keyspace;
        (Revision, Count, Digest) = (keyspace.Revision, keyspace.Count, keyspace.Digest);
    }

    /// <summary>The revision that is pinned.</summary>
    public long Revision { get; }

    /// <summary>How many records there were.</summary>
    public int Count { get; }

    /// <summary>The digest that the keyspace had.</summary>
    public ulong Digest { get; }

    /// <summary>How many records have been read.</summary>
    public int RecordsRead { get; private set; }

    /// <summary>Everything has been read.</summary>
    public bool IsFinished { get; private set; }

    private ReadOnlySpan<byte> Cursor => _cursor.AsSpan(0, _cursorLength);

    /// <summary>
    /// Appends the next records, encoded; stops when it has looked at <paramref name="recordsMax"/> records, or with
    /// the record that makes <paramref name="bytesMax"/> bytes full. Returns whether everything has been read.
    /// </summary>
    public bool ReadSlice(ByteWriter target, int recordsMax, int bytesMax)
    {
        ObjectDisposedException.ThrowIf(_isDisposed, this);
        var slice = new Slice(target, recordsMax, bytesMax);
        while (_partition < Keyspace.PartitionCount)
        {
            ReadOnlySpan<int> live = _keyspace.LiveAfter(_partition, Cursor);
            if (live.IsEmpty)
            {
                _partition++;
            }
            else if (!ReadLeaf(live, ref slice))
            {
                return false;
            }
        }

        for (int id = _keyspace.FirstDeleted(); id != Record.None; id = _keyspace.FirstDeleted())
        {
            if (!slice.HasRoom())
            {
                return false;
            }

            ReadDeleted(id, target);
        }

        Finish();
        return true;
    }

    /// <summary>Whether the version of a key that was pinned has been read, or nobody asks for it any more.</summary>
    public bool HasPassed(ReadOnlySpan<byte> key) => IsFinished || key.SequenceCompareTo(Cursor) <= 0;

    public void Dispose()
    {
        if (!_isDisposed)
        {
            _isDisposed = true;
            _keyspace.Close(this);
        }
    }

    private bool ReadLeaf(ReadOnlySpan<int> live, ref Slice slice)
    {
        int at = 0;
        while (at < live.Length)
        {
            if (!slice.HasRoom())
            {
                return false;
            }

            // A key that was deleted and has come again is in both; the one that is gone is the one that was pinned.
            int deleted = _keyspace.FirstDeleted();
            RecordStore records = _keyspace.Records;
            if (deleted != Record.None && records.KeyOf(deleted).SequenceCompareTo(records.KeyOf(live[at])) <= 0)
            {
                ReadDeleted(deleted, slice.Target);
            }
            else
            {
                ReadLive(live[at], slice.Target);
                at++;
            }
        }

        return true;
    }

    private void ReadLive(int id, ByteWriter target)
    {
        ref Record record = ref _keyspace.Records[id];
        if (record.ModRevision <= Revision)
        {
            Append(record, target);
        }
        else if (record.Predecessor != Record.None)
        {
            Append(_keyspace.Records[record.Predecessor], target);
            _keyspace.ReleasePredecessor(id);
        }

        MoveTo(_keyspace.Records.KeyOf(record));
    }

    private void ReadDeleted(int id, ByteWriter target)
    {
        ref Record record = ref _keyspace.Records[id];
        Append(record, target);
        MoveTo(_keyspace.Records.KeyOf(record));
        _keyspace.ReleaseDeleted(id);
    }

    private void Append(in Record record, ByteWriter target)
    {
        SnapshotFormat.WriteRecord(target, _keyspace.Records, record);
        RecordsRead++;
        _digestRead += record.Hash;
    }

    private void MoveTo(ReadOnlySpan<byte> key)
    {
        key.CopyTo(_cursor);
        _cursorLength = key.Length;
    }

    private void Finish()
    {
        Invariant.Check(RecordsRead == Count && _digestRead == Digest, "a snapshot reads what it pinned, wholly");
        IsFinished = true;
    }

    private ref struct Slice(ByteWriter target, int recordsMax, int bytesMax)
    {
        private readonly int _start = target.Length;
        private int _looked;

        public ByteWriter Target { get; } = target;

        public bool HasRoom() => _looked++ < recordsMax && Target.Length - _start < bytesMax;
    }
}

using Concord.Consensus;

namespace Concord.Cluster.State;

/// <content>
/// What an open snapshot still has to read stays, at most one version of a key: an overwritten record keeps it as its
/// predecessor, a deleted one moves to an ordered index of its own. The live indexes never hold what is gone, so that a
/// queue that is drained while a snapshot is open reads its head as fast as ever.
/// </content>
internal sealed partial class Keyspace
{
    /// <summary>Every record that got a predecessor since the snapshot was opened; it may have lost it again.</summary>
    private readonly List<int> _superseded = [];
    private readonly OrderedIndex _deleted;
    private KeyspaceSnapshot? _snapshot;

    internal RecordStore Records => _records;

    /// <summary>Pins what is committed now, to be read in slices while writes go on; one at a time.</summary>
    public KeyspaceSnapshot OpenSnapshot()
    {
        if (_snapshot is not null)
        {
            throw new InvalidOperationException("A snapshot of this keyspace is open; one can be read at a time.");
        }

        _snapshot = new(this);
        return _snapshot;
    }

    /// <summary>The live records of a slot behind a key; empty only if there are none.</summary>
    internal ReadOnlySpan<int> LiveAfter(int partition, ReadOnlySpan<byte> key) =>
        _partitions[partition] is { } found ? found.InOrder.From(0, key, orEqual: false) : [];

    /// <summary>The first deleted record that the snapshot has not read.</summary>
    internal int FirstDeleted() => _deleted.Count == 0 ? Record.None : _deleted.From(0, [], orEqual: true)[0];

    /// <summary>Lets go of a deleted record that has been read.</summary>
    internal void ReleaseDeleted(int id)
    {
        _deleted.Remove(id);
        Erase(id);
    }

    /// <summary>Lets go of the version before a record, if it has one.</summary>
    internal void ReleasePredecessor(int id)
    {
        ref Record record = ref _records[id];
        if (record.Predecessor != Record.None)
        {
            // The key is the live record's.
            _records.FreeValue(_records[record.Predecessor]);
            _records.Remove(record.Predecessor);
            record.Predecessor = Record.None;
        }
    }

    internal void Close(KeyspaceSnapshot snapshot)
    {
        Invariant.Check(_snapshot == snapshot, "only the open snapshot is closed");
        _snapshot = null;
        foreach (int id in _superseded)
        {
            // The id may be another record's by now; whoever has a predecessor does not need it any more.
            ReleasePredecessor(id);
        }

        _superseded.Clear();
        for (int id = FirstDeleted(); id != Record.None; id = FirstDeleted())
        {
            ReleaseDeleted(id);
        }
    }

    private bool IsPinned(in Record record) =>
        _snapshot is { } snapshot
        && record.ModRevision <= snapshot.Revision
        && !snapshot.HasPassed(_records.KeyOf(record));

    /// <summary>Leaves a record's version and value to the snapshot; the record gets another value.</summary>
    private void KeepPredecessor(int id)
    {
        int older = _records.Add();
        ref Record record = ref _records[id];
        Invariant.Check(record.Predecessor == Record.None, "a version that is pinned is the oldest that is kept");
        _records[older] = record;
        record.Predecessor = older;
        _superseded.Add(id);
    }

    /// <summary>Does away with a record that has left the indexes, but for what the snapshot has to read.</summary>
    private void Retire(int id)
    {
        ref Record record = ref _records[id];
        if (IsPinned(record))
        {
            _deleted.Add(id);
        }
        else if (record.Predecessor != Record.None)
        {
            // Both versions name one key; the older one has it now.
            int older = record.Predecessor;
            record.Predecessor = Record.None;
            _records.FreeValue(record);
            _records.Remove(id);
            _deleted.Add(older);
        }
        else
        {
            Erase(id);
        }
    }

    private void Erase(int id)
    {
        ref Record record = ref _records[id];
        _records.FreeKey(record);
        _records.FreeValue(record);
        _records.Remove(id);
    }
}

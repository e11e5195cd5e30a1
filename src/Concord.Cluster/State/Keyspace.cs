using System.Buffers.Binary;
using System.Diagnostics.CodeAnalysis;
using Concord.Consensus;
using Concord.Engines;

namespace Concord.Cluster.State;

/// <summary>
/// The records of a shard, in memory, changed in place by their one owner. Each slot has a hash index and an ordered
/// index of its own; a third index orders what sessions own. Nothing here depends on the past: two keyspaces that hold
/// the same records answer every question alike, whatever came before.
/// </summary>
/// <remarks>Not thread-safe. Spans that it returns are valid until the next write.</remarks>
[SuppressMessage("Design", "CA1001", Justification = "A snapshot belongs to whoever opened it.")]
internal sealed partial class Keyspace
{
    /// <summary>Slot and kind, at least.</summary>
    public const int KeyBytesMin = 3;

    public const int KeyBytesMax = 1024;

    /// <summary>A mebibyte for the user, and head room for what a primitive stores with it.</summary>
    public const int ValueBytesMax = SlabAllocator.BlockBytesMax;

    /// <summary>One for each slot, and the shard's own, which stands behind them in key order as well.</summary>
    internal const int PartitionCount = Slot.Count + 1;

    /// <summary>What a record is charged for itself and its places in the indexes.</summary>
    private const int RecordBytes = 96;

    private readonly RecordStore _records = new();
    private readonly IndexNodes _nodes = new();
    private readonly SlotPartition?[] _partitions = new SlotPartition?[PartitionCount];
    private readonly OrderedIndex _owned;

    public Keyspace()
    {
        _owned = new(_records, _nodes, byOwner: true);
        _deleted = new(_records, _nodes);
    }

    /// <summary>The last committed revision.</summary>
    public long Revision { get; private set; }

    /// <summary>How many records there are.</summary>
    public int Count { get; private set; }

    /// <summary>
    /// What the records are charged, in bytes. It follows from the records alone, so that replicas agree on when the
    /// keyspace is full; <see cref="HeldBytes"/> is what this process really holds.
    /// </summary>
    public long Bytes { get; private set; }

    /// <summary>The slabs held for keys and values, those of an open snapshot included, in bytes.</summary>
    public long HeldBytes => _records.Slabs.HeldBytes;

    /// <summary>The sum of a hash of each record: equal on replicas that hold the same.</summary>
    public ulong Digest { get; private set; }

    public static bool IsKey(ReadOnlySpan<byte> key) =>
        key.Length is >= KeyBytesMin and <= KeyBytesMax && PartitionNumber(key) < PartitionCount;

    /// <summary>Whether all keys with this prefix lie in one slot, and the slot exists.</summary>
    public static bool IsPrefix(ReadOnlySpan<byte> prefix) => PartitionNumber(prefix) < PartitionCount;

    public bool TryGet(scoped ReadOnlySpan<byte> key, out RecordView record) =>
        TryGet(SlotHash.Hash(key), key, out record);

    /// <summary>As <see cref="IKeyspace.TryNext"/>.</summary>
    public bool TryNext(scoped ReadOnlySpan<byte> prefix, scoped ReadOnlySpan<byte> after, out RecordView record)
    {
        record = default;
        if (_partitions[CheckedPartition(prefix)] is not { } partition)
        {
            return false;
        }

        bool fromPrefix = after.SequenceCompareTo(prefix) < 0;
        ReadOnlySpan<int> found = partition.InOrder.From(0, fromPrefix ? prefix : after, orEqual: fromPrefix);
        if (found.IsEmpty || !_records.KeyOf(found[0]).StartsWith(prefix))
        {
            return false;
        }

        View(found[0], out record);
        return true;
    }

    /// <summary>The record with the smallest key among those of an owner.</summary>
    public bool TryOwned(SessionId owner, out RecordView record) => TryOwned(owner, [], out record);

    /// <summary>The record with the smallest key behind <paramref name="after"/> among those of an owner.</summary>
    public bool TryOwned(SessionId owner, ReadOnlySpan<byte> after, out RecordView record)
    {
        record = default;
        if (owner.IsNone)
        {
            return false;
        }

        ReadOnlySpan<int> found = _owned.From(owner.Value, after, orEqual: false);
        if (found.IsEmpty || _records[found[0]].Owner != owner.Value)
        {
            return false;
        }

        View(found[0], out record);
        return true;
    }

    /// <summary>Writes a record under a later revision, which <see cref="SetRevision"/> then commits.</summary>
    public void Put(ReadOnlySpan<byte> key, ReadOnlySpan<byte> value, SessionId owner, long revision) =>
        Put(SlotHash.Hash(key), key, value, owner, revision);

    /// <summary>Deletes a record; says whether it was there.</summary>
    public bool Delete(ReadOnlySpan<byte> key, long revision) => Delete(SlotHash.Hash(key), key, revision);

    /// <summary>Commits what was written, or lifts the revision; it never goes back.</summary>
    public void SetRevision(long revision)
    {
        Invariant.Check(revision >= Revision, "a revision never goes back");
        Revision = revision;
    }

    /// <summary>Computes <see cref="Digest"/> anew, and checks that the indexes agree; for audits.</summary>
    public ulong ComputeDigest()
    {
        ulong digest = 0;
        int count = 0;
        long bytes = 0;
        byte[] last = [];
        foreach (SlotPartition? partition in _partitions)
        {
            for (ReadOnlySpan<int> ids; partition is not null; last = _records.KeyOf(ids[^1]).ToArray())
            {
                ids = partition.InOrder.From(0, last, orEqual: false);
                if (ids.IsEmpty)
                {
                    break;
                }

                foreach (int id in ids)
                {
                    ref Record record = ref _records[id];
                    ReadOnlySpan<byte> key = _records.KeyOf(record);
                    ulong hash = SlotHash.Hash(key);
                    Invariant.Check(partition.ByKey.Find(hash, key) == id, "both indexes hold the same records");
                    digest += HashOf(hash, _records.ValueOf(record), record);
                    bytes += Charge(record);
                    count++;
                }
            }
        }

        Invariant.Check(count == Count && bytes == Bytes, "count and bytes follow from the records");
        return digest;
    }

    internal bool TryGet(ulong hash, scoped ReadOnlySpan<byte> key, out RecordView record)
    {
        record = default;
        int id = _partitions[CheckedPartition(key)]?.ByKey.Find(hash, key) ?? Record.None;
        if (id == Record.None)
        {
            return false;
        }

        View(id, out record);
        return true;
    }

    internal void Put(ulong hash, ReadOnlySpan<byte> key, ReadOnlySpan<byte> value, SessionId owner, long revision)
    {
        Invariant.Check(revision > Revision, "a write comes after all that is committed");
        int id = PartitionFor(key).ByKey.Find(hash, key);
        if (id == Record.None)
        {
            Insert(hash, key, value, owner, revision, revision);
        }
        else
        {
            Overwrite(id, hash, value, owner, revision);
        }
    }

    internal bool Delete(ulong hash, ReadOnlySpan<byte> key, long revision)
    {
        Invariant.Check(revision > Revision, "a write comes after all that is committed");
        SlotPartition partition = PartitionFor(key);
        int id = partition.ByKey.Find(hash, key);
        if (id == Record.None)
        {
            return false;
        }

        partition.ByKey.Remove(hash, id);
        partition.InOrder.Remove(id);
        ref Record record = ref _records[id];
        if (record.Owner != 0)
        {
            _owned.Remove(id);
        }

        Count--;
        Digest -= record.Hash;
        Bytes -= Charge(record);
        Retire(id);
        return true;
    }

    /// <summary>Adds a record as a snapshot tells of it; the key is not there yet.</summary>
    internal void Restore(in RecordView record) => Insert(
        SlotHash.Hash(record.Key), record.Key, record.Value, record.Owner, record.CreateRevision, record.ModRevision);

    private static int PartitionNumber(ReadOnlySpan<byte> key)
    {
        if (!BinaryPrimitives.TryReadUInt16BigEndian(key, out ushort slot))
        {
            return int.MaxValue;
        }

        return slot == Slot.OfShard.Value ? Slot.Count : slot < Slot.Count ? slot : int.MaxValue;
    }

    private static int CheckedPartition(ReadOnlySpan<byte> key)
    {
        int number = PartitionNumber(key);
        return number < PartitionCount
            ? number
            : throw new ArgumentException("A key begins with a slot, or with the mark of the shard.", nameof(key));
    }

    private static long Charge(in Record record) =>
        RecordBytes + SizeClasses.ChargedBytes(record.KeyLength) + SizeClasses.ChargedBytes(record.ValueLength);

    /// <summary>Part of the snapshot format: the digest in a snapshot's foot is made of these.</summary>
    private static ulong HashOf(ulong keyHash, ReadOnlySpan<byte> value, in Record record)
    {
        Span<byte> fields = stackalloc byte[40];
        BinaryPrimitives.WriteUInt64LittleEndian(fields, keyHash);
        BinaryPrimitives.WriteUInt64LittleEndian(fields[8..], SlotHash.Hash(value));
        BinaryPrimitives.WriteInt64LittleEndian(fields[16..], record.CreateRevision);
        BinaryPrimitives.WriteInt64LittleEndian(fields[24..], record.ModRevision);
        BinaryPrimitives.WriteUInt64LittleEndian(fields[32..], record.Owner);
        return SlotHash.Hash(fields);
    }

    private SlotPartition PartitionFor(ReadOnlySpan<byte> key) =>
        _partitions[CheckedPartition(key)] ??= new(_records, _nodes);

    private void View(int id, out RecordView view)
    {
        ref Record record = ref _records[id];
        view = new()
        {
            Key = _records.KeyOf(record),
            Value = _records.ValueOf(record),
            CreateRevision = record.CreateRevision,
            ModRevision = record.ModRevision,
            Owner = new(record.Owner),
        };
    }

    private void Insert(
        ulong hash, ReadOnlySpan<byte> key, ReadOnlySpan<byte> value, SessionId owner, long created, long modified)
    {
        // Checked before anything changes; the callers have refused such a key with an answer already.
        Invariant.Check(IsKey(key) && value.Length <= ValueBytesMax, "a record is within its bounds");
        SlotPartition partition = PartitionFor(key);
        int id = _records.Add();
        ref Record record = ref _records[id];
        record.KeyAddress = _records.Store(key);
        record.KeyLength = key.Length;
        record.ValueAddress = _records.Store(value);
        record.ValueLength = value.Length;
        record.CreateRevision = created;
        record.ModRevision = modified;
        record.Owner = owner.Value;
        record.Hash = HashOf(hash, value, record);
        partition.ByKey.Add(hash, id);
        partition.InOrder.Add(id);
        if (!owner.IsNone)
        {
            _owned.Add(id);
        }

        Count++;
        Digest += record.Hash;
        Bytes += Charge(record);
    }

    private void Overwrite(int id, ulong hash, ReadOnlySpan<byte> value, SessionId owner, long revision)
    {
        Invariant.Check(value.Length <= ValueBytesMax, "a record is within its bounds");
        ref Record record = ref _records[id];
        Digest -= record.Hash;
        Bytes -= Charge(record);

        // The value first: if the old version is kept for a snapshot, it is kept with its owner.
        StoreValue(id, value);
        if (record.Owner != owner.Value)
        {
            ChangeOwner(id, owner);
        }

        record.ModRevision = revision;
        record.Hash = HashOf(hash, value, record);
        Digest += record.Hash;
        Bytes += Charge(record);
    }

    private void StoreValue(int id, ReadOnlySpan<byte> value)
    {
        ref Record record = ref _records[id];
        if (IsPinned(record))
        {
            KeepPredecessor(id);
            record.ValueAddress = _records.Store(value);
        }
        else if (value.Length > 0 && record.ValueLength > 0
            && SizeClasses.Of(value.Length) == SizeClasses.Of(record.ValueLength))
        {
            value.CopyTo(_records.Slabs.At(record.ValueAddress, value.Length));
        }
        else
        {
            // The new value first: it may be a view of the old one.
            long address = _records.Store(value);
            _records.FreeValue(record);
            record.ValueAddress = address;
        }

        record.ValueLength = value.Length;
    }

    private void ChangeOwner(int id, SessionId owner)
    {
        if (_records[id].Owner != 0)
        {
            _owned.Remove(id);
        }

        _records[id].Owner = owner.Value;
        if (!owner.IsNone)
        {
            _owned.Add(id);
        }
    }
}

using Concord.Consensus;
using Concord.Encoding;
using Concord.Engines;

namespace Concord.Cluster.State;

/// <summary>
/// What one operation sees and does: a keyspace, and over it the writes that take effect together when it has ended
/// well. One object serves one operation after another and allocates nothing for them.
/// </summary>
internal sealed class KeyspaceOperation(Keyspace keyspace) : IKeyspace
{
    /// <summary>How many records an operation touches at most; larger work is done in steps.</summary>
    public const int RecordsMax = 2048;

    /// <summary>A buffer that one operation blew up beyond this is not kept for the next.</summary>
    private const int KeptBufferBytesMax = 4 << 20;
    private const int BufferBytes = 4 << 10;

    private readonly StagedWrite[] _writes = new StagedWrite[RecordsMax];
    private readonly ulong[] _touched = new ulong[RecordsMax];
    private ByteWriter _bytes = new(BufferBytes);
    private int _writeCount;
    private bool _isOpen;
    private bool _isBroken;

    /// <summary>Hears of every record that a commit has changed; nobody by default.</summary>
    public IRecordWatcher? Watcher { get; init; }

    public LogTime Now { get; private set; }

    /// <summary>How many different records it has read, looked for in vain, or written.</summary>
    public int RecordsTouched { get; private set; }

    /// <summary>Whether a commit would change anything. Deleting what is not there changes nothing.</summary>
    public bool HasWrites
    {
        get
        {
            foreach (ref readonly StagedWrite write in Writes)
            {
                if (write.Kind != StagedKind.None)
                {
                    return true;
                }
            }

            return false;
        }
    }

    /// <summary>The revision of what it writes, if it commits.</summary>
    private long NextRevision => keyspace.Revision + 1;

    private Span<StagedWrite> Writes => _writes.AsSpan(0, _writeCount);

    /// <summary>Starts an operation; the one before has been committed or discarded.</summary>
    public void Begin(LogTime now)
    {
        Invariant.Check(!_isOpen, "one operation runs at a time");
        (Now, _isOpen, _isBroken) = (now, true, false);
    }

    /// <summary>Applies its writes under one new revision, returns it; without writes the revision stays.</summary>
    public long Commit()
    {
        Invariant.Check(_isOpen && !_isBroken, "what is committed is an operation that ended well");
        if (HasWrites)
        {
            long revision = NextRevision;
            foreach (ref readonly StagedWrite write in Writes)
            {
                Apply(write, revision);
            }

            keyspace.SetRevision(revision);
            if (Watcher is { IsListening: true } watcher)
            {
                foreach (ref readonly StagedWrite write in Writes)
                {
                    if (write.Kind != StagedKind.None)
                    {
                        watcher.Changed(KeyOf(write), exists: write.Kind == StagedKind.Put);
                    }
                }
            }
        }

        Close();
        return keyspace.Revision;
    }

    /// <summary>Forgets its writes.</summary>
    public void Discard()
    {
        Invariant.Check(_isOpen, "what is discarded has begun");
        Close();
    }

    public bool TryGet(scoped ReadOnlySpan<byte> key, out RecordView record)
    {
        Demand(Keyspace.IsKey(key), "A key has a slot, a kind, and at most 1,024 bytes.");
        ulong hash = SlotHash.Hash(key);
        Touch(hash);
        int staged = Find(hash, key);
        if (staged < 0)
        {
            return keyspace.TryGet(hash, key, out record);
        }

        record = View(_writes[staged]);
        return _writes[staged].Kind == StagedKind.Put;
    }

    public bool TryNext(scoped ReadOnlySpan<byte> prefix, scoped ReadOnlySpan<byte> after, out RecordView record)
    {
        Demand(Keyspace.IsPrefix(prefix), "A range lies in one slot: its prefix begins with it.");
        bool found = keyspace.TryNext(prefix, after, out record);
        while (found && IsStaged(record.Key))
        {
            found = keyspace.TryNext(prefix, record.Key, out record);
        }

        foreach (ref readonly StagedWrite write in Writes)
        {
            ReadOnlySpan<byte> key = KeyOf(write);
            if (write.Kind == StagedKind.Put && key.StartsWith(prefix) && key.SequenceCompareTo(after) > 0
                && (!found || key.SequenceCompareTo(record.Key) < 0))
            {
                record = View(write);
                found = true;
            }
        }

        return Found(found, ref record);
    }

    public bool TryOwned(SessionId owner, out RecordView record)
    {
        record = default;
        if (owner.IsNone)
        {
            return false;
        }

        bool found = keyspace.TryOwned(owner, out record);
        while (found && IsStaged(record.Key))
        {
            found = keyspace.TryOwned(owner, record.Key, out record);
        }

        foreach (ref readonly StagedWrite write in Writes)
        {
            if (write.Kind == StagedKind.Put && write.Owner == owner
                && (!found || KeyOf(write).SequenceCompareTo(record.Key) < 0))
            {
                record = View(write);
                found = true;
            }
        }

        return Found(found, ref record);
    }

    public void Put(ReadOnlySpan<byte> key, ReadOnlySpan<byte> value, SessionId owner = default)
    {
        Demand(value.Length <= Keyspace.ValueBytesMax, "A stored value has at most 1 MiB + 64 KiB.");
        ref StagedWrite write = ref Stage(key);
        if (write.ValueLength < value.Length)
        {
            write.ValueAt = _bytes.Length;
            _bytes.WriteRaw(value);
        }
        else
        {
            value.CopyTo(_bytes.Buffer.AsSpan(write.ValueAt));
        }

        write.ValueLength = value.Length;
        write.IsReborn |= write.Kind == StagedKind.Delete;
        write.Kind = StagedKind.Put;
        write.Owner = owner;
    }

    public void Delete(ReadOnlySpan<byte> key)
    {
        ref StagedWrite write = ref Stage(key);
        write.Kind = write.Exists ? StagedKind.Delete : StagedKind.None;
    }

    /// <summary>What asks for too much has no effect, even if it catches the exception.</summary>
    private void Demand(bool condition, string otherwise)
    {
        if (!condition)
        {
            _isBroken = true;
            throw new InvalidOperationException(otherwise);
        }
    }

    private void Apply(in StagedWrite write, long revision)
    {
        ReadOnlySpan<byte> key = KeyOf(write);
        if (write.Kind == StagedKind.Delete || (write.Kind == StagedKind.Put && write.IsReborn))
        {
            keyspace.Delete(write.KeyHash, key, revision);
        }

        if (write.Kind == StagedKind.Put)
        {
            keyspace.Put(write.KeyHash, key, ValueOf(write), write.Owner, revision);
        }
    }

    private void Close()
    {
        (_isOpen, _writeCount, RecordsTouched) = (false, 0, 0);
        _bytes.Clear();
        if (_bytes.Buffer.Length > KeptBufferBytesMax)
        {
            _bytes = new(BufferBytes);
        }
    }

    /// <summary>The staged write of a key, a new one that does nothing yet if there is none.</summary>
    private ref StagedWrite Stage(ReadOnlySpan<byte> key)
    {
        Demand(Keyspace.IsKey(key), "A key has a slot, a kind, and at most 1,024 bytes.");
        ulong hash = SlotHash.Hash(key);
        Touch(hash);
        int staged = Find(hash, key);
        if (staged >= 0)
        {
            return ref _writes[staged];
        }

        bool exists = keyspace.TryGet(hash, key, out RecordView record);
        int keyAt = _bytes.Length;
        _bytes.WriteRaw(key);
        _writes[_writeCount] = new()
        {
            KeyHash = hash,
            KeyAt = keyAt,
            KeyLength = key.Length,
            Exists = exists,
            CreateRevision = record.CreateRevision,
        };
        return ref _writes[_writeCount++];
    }

    private bool IsStaged(ReadOnlySpan<byte> key) => _writeCount > 0 && Find(SlotHash.Hash(key), key) >= 0;

    private int Find(ulong hash, ReadOnlySpan<byte> key)
    {
        for (int i = 0; i < _writeCount; i++)
        {
            if (_writes[i].KeyHash == hash && KeyOf(_writes[i]).SequenceEqual(key))
            {
                return i;
            }
        }

        return -1;
    }

    private bool Found(bool found, ref RecordView record)
    {
        if (found)
        {
            Touch(SlotHash.Hash(record.Key));
        }
        else
        {
            record = default;
        }

        return found;
    }

    /// <summary>Counts a record by the hash of its key.</summary>
    private void Touch(ulong hash)
    {
        Invariant.Check(_isOpen, "an operation reads and writes between its begin and its end");
        if (_touched.AsSpan(0, RecordsTouched).Contains(hash))
        {
            return;
        }

        Demand(RecordsTouched < RecordsMax, "An operation touches too many records; larger work is done in steps.");
        _touched[RecordsTouched++] = hash;
    }

    private ReadOnlySpan<byte> KeyOf(in StagedWrite write) => _bytes.Written.Slice(write.KeyAt, write.KeyLength);

    private ReadOnlySpan<byte> ValueOf(in StagedWrite write) => _bytes.Written.Slice(write.ValueAt, write.ValueLength);

    private RecordView View(in StagedWrite write) => new()
    {
        Key = KeyOf(write),
        Value = ValueOf(write),
        CreateRevision = write.Exists && !write.IsReborn ? write.CreateRevision : NextRevision,
        ModRevision = NextRevision,
        Owner = write.Owner,
    };
}

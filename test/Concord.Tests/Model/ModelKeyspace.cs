using Concord.Encoding;
using Concord.Engines;

namespace Concord.Tests;

/// <summary>
/// The keyspace in its simplest form: a sorted dictionary, writes staged until the operation ends well. Stricter than
/// the contract asks: what a view showed is overwritten with nonsense at the next write.
/// </summary>
internal sealed class ModelKeyspace : IKeyspace
{
    private readonly SortedDictionary<byte[], Record> _records = new(ByteOrder.Instance);
    private readonly SortedDictionary<byte[], Record?> _staged = new(ByteOrder.Instance);
    private readonly SortedSet<byte[]> _seen = new(ByteOrder.Instance);
    private readonly List<byte[]> _lent = [];
    private readonly OperationAnswer _answer = new();

    public LogTime Now { get; set; } = new(1_000);

    public long Revision { get; private set; }

    public int Count => _records.Count;

    public int TouchedByLastRun { get; private set; }

    /// <summary>How many records the last run read, looked for in vain or wrote.</summary>
    public int SeenByLastRun => _seen.Count;

    /// <summary>Runs an operation as a replica would: all of it or nothing, exceptions included.</summary>
    public EngineAnswer Run(OperationBody body, ReadOnlyMemory<byte> arguments, RequestKey request = default)
    {
        _answer.Reset();
        _staged.Clear();
        _seen.Clear();
        try
        {
            var reader = new ByteReader(arguments.Span);
            body(ref reader, new OperationContext(request), this, _answer);
        }
        catch (Exception exception)
        {
            _answer.Fault(exception.Message);
        }

        TouchedByLastRun = _staged.Count;
        // Deleting what is not there changes nothing.
        bool changes = _staged.Any(pair => pair.Value is not null || _records.ContainsKey(pair.Key));
        if (_answer.Status == AnswerStatus.Done && changes)
        {
            Apply();
        }

        _staged.Clear();
        return new(_answer.Status, Revision, _answer.Payload.ToArray());
    }

    public EngineAnswer Run(OperationRequest request) => Run(
        Operations.OperationTable.Find(request.Code)!.Body,
        request.Arguments,
        new(request.Slot, new(7), 1));

    /// <summary>Changes records outside of any operation.</summary>
    public void Change(Action<IKeyspace> change)
    {
        EngineAnswer answer = Run(
            (ref ByteReader _, in OperationContext _, IKeyspace keys, OperationAnswer _) => change(keys), default);
        Assert.Equal(AnswerStatus.Done, answer.Status);
    }

    public EngineRecord Read(ReadOnlySpan<byte> key) =>
        TryGet(key, out RecordView view) ? new(true, view.ModRevision, view.Value.ToArray()) : default;

    public bool TryGet(scoped ReadOnlySpan<byte> key, out RecordView record)
    {
        byte[] sought = key.ToArray();
        _seen.Add(sought);
        if (!_staged.TryGetValue(sought, out Record? found))
        {
            _records.TryGetValue(sought, out found);
        }

        record = found is null ? default : Lend(sought, found);
        return found is not null;
    }

    public bool TryNext(scoped ReadOnlySpan<byte> prefix, scoped ReadOnlySpan<byte> after, out RecordView record)
    {
        byte[]? first = null;
        foreach (byte[] key in _records.Keys)
        {
            if (key.AsSpan().SequenceCompareTo(after) > 0 && key.AsSpan().StartsWith(prefix)
                && !_staged.ContainsKey(key))
            {
                first = key;
                break;
            }
        }

        foreach ((byte[] key, Record? staged) in _staged)
        {
            if (staged is not null && key.AsSpan().SequenceCompareTo(after) > 0 && key.AsSpan().StartsWith(prefix)
                && (first is null || key.AsSpan().SequenceCompareTo(first) < 0))
            {
                first = key;
            }
        }

        record = default;
        return first is not null && TryGet(first, out record);
    }

    public bool TryOwned(SessionId owner, out RecordView record)
    {
        foreach ((byte[] key, Record found) in Merged())
        {
            if (found.Owner == owner)
            {
                _seen.Add(key);
                record = Lend(key, found);
                return true;
            }
        }

        record = default;
        return false;
    }

    public void Put(ReadOnlySpan<byte> key, ReadOnlySpan<byte> value, SessionId owner = default)
    {
        byte[] written = key.ToArray();
        _seen.Add(written);
        byte[] stored = value.ToArray();
        Spoil();

        // As of the revision to come: whoever reads its own write sees that. What was deleted comes into being again.
        bool exists = _staged.TryGetValue(written, out Record? old) || _records.TryGetValue(written, out old);
        long created = exists && old is not null ? old.Created : Revision + 1;
        _staged[written] = new(stored, created, Revision + 1, owner);
    }

    public void Delete(ReadOnlySpan<byte> key)
    {
        byte[] deleted = key.ToArray();
        _seen.Add(deleted);
        Spoil();
        _staged[deleted] = null;
    }

    private void Apply()
    {
        Revision++;
        foreach ((byte[] key, Record? staged) in _staged)
        {
            if (staged is null)
            {
                _records.Remove(key);
            }
            else
            {
                _records[key] = staged;
            }
        }
    }

    private IEnumerable<(byte[] Key, Record Record)> Merged()
    {
        var merged = new SortedDictionary<byte[], Record>(_records, ByteOrder.Instance);
        foreach ((byte[] key, Record? staged) in _staged)
        {
            merged.Remove(key);
            if (staged is not null)
            {
                merged[key] = staged;
            }
        }

        return merged.Select(pair => (pair.Key, pair.Value));
    }

    private RecordView Lend(byte[] key, Record record)
    {
        byte[] lentKey = [.. key];
        byte[] lentValue = [.. record.Value];
        _lent.Add(lentKey);
        _lent.Add(lentValue);
        return new()
        {
            Key = lentKey,
            Value = lentValue,
            CreateRevision = record.Created,
            ModRevision = record.Modified,
            Owner = record.Owner,
        };
    }

    private void Spoil()
    {
        _lent.ForEach(bytes => bytes.AsSpan().Fill(0xDD));
        _lent.Clear();
    }

    private sealed record Record(byte[] Value, long Created, long Modified, SessionId Owner);

    private sealed class ByteOrder : IComparer<byte[]>
    {
        public static ByteOrder Instance { get; } = new();

        public int Compare(byte[]? x, byte[]? y) => x.AsSpan().SequenceCompareTo(y);
    }
}

using System.Runtime.InteropServices;
using Concord.Engines;
using Concord.Operations;

namespace Concord.Primitives;

/// <summary>
/// One attempt of a transaction: the actions in the order of the calls, at most one validation and one write per
/// record, the validation first. Further writes of a record change the first one, in its place.
/// </summary>
internal sealed partial class TransactionAttempt(
    ConcordClient client, SessionId session, ulong sequence, IdempotencyName? idempotencyKey) : IConcordTransaction
{
    /// <summary>Bounds what a commit does to any one shard, and so how long it keeps others waiting.</summary>
    public const int ActionsMax = 500;

    /// <summary>All values that one transaction sets and messages that it enqueues; it travels and is
    /// logged as one.</summary>
    public const int ValueBytesMax = 1 << 20;

    /// <summary>The revision of a value that this transaction has set and not committed: there is none yet.</summary>
    private static readonly Revision s_pending = new(-1);

    private readonly List<TransactionAction> _actions = [];
    private readonly List<TouchedRecord> _records = [];
    private readonly List<DeliveryHold> _completed = [];
    private RequestKey? _id;
    private Slot? _firstRead;
    private Slot? _firstWritten;
    private int _valueBytes;
    private int _isBusy;
    private bool _isOver;

    public TransactionId Id => new(Gid.ToString());

    public bool IsEmpty => _actions.Count == 0;

    /// <summary>The anchor is chosen when it is first asked for: once somebody has seen the id, it must not
    /// change.</summary>
    public RequestKey Gid => _id ??= new(ChooseAnchor(), session, sequence);

    public async ValueTask<Versioned<T>> GetAsync<T>(
        IConcordValue<T> value, CancellationToken cancellationToken = default)
        where T : notnull
    {
        StoredValue<T> own = Own(value);
        Enter();
        try
        {
            TouchedRecord record = Touch(own.Key, own.Name);
            if (record.WriteOrdinal >= 0)
            {
                TransactionAction write = _actions[record.WriteOrdinal];
                return write.Kind == ActionKind.Set ? new(own.Deserialize(write.Value), s_pending) : default;
            }

            return own.Deserialize(await ReadAsync(record, cancellationToken).ConfigureAwait(false));
        }
        finally
        {
            _isBusy = 0;
        }
    }

    public async ValueTask<long> GetAsync(IConcordCounter counter, CancellationToken cancellationToken = default)
    {
        Counter own = Own(counter);
        Enter();
        try
        {
            TouchedRecord record = Touch(own.Key, own.Name);
            long value = Counter.ValueOf(await ReadAsync(record, cancellationToken).ConfigureAwait(false));
            long delta = record.WriteOrdinal >= 0 ? _actions[record.WriteOrdinal].Delta : 0;
            return checked(value + delta);
        }
        finally
        {
            _isBusy = 0;
        }
    }

    public void Set<T>(IConcordValue<T> value, T newValue)
        where T : notnull
    {
        StoredValue<T> own = Own(value);
        ReadOnlyMemory<byte> bytes = own.Serialize(newValue, nameof(newValue));
        Enter();
        try
        {
            Write(Touch(own.Key, own.Name), new(ActionKind.Set, own.Key, 0, 0, 0, 0, bytes));
        }
        finally
        {
            _isBusy = 0;
        }
    }

    public void Delete<T>(IConcordValue<T> value)
        where T : notnull
    {
        StoredValue<T> own = Own(value);
        Enter();
        try
        {
            Write(Touch(own.Key, own.Name), new(ActionKind.Delete, own.Key, 0, 0, 0, 0, default));
        }
        finally
        {
            _isBusy = 0;
        }
    }

    public void Add(IConcordCounter counter, long delta, CounterBounds bounds = default)
    {
        Counter own = Own(counter);
        BoundedAddition addition = BoundedAddition.Of(delta, bounds);
        Enter();
        try
        {
            TouchedRecord record = Touch(own.Key, own.Name);
            if (record.WriteOrdinal >= 0)
            {
                TransactionAction earlier = _actions[record.WriteOrdinal];
                if (!new BoundedAddition(earlier.Delta, earlier.Min, earlier.Max).TryThen(addition, out addition))
                {
                    throw new OverflowException(
                        $"What this transaction adds to '{own.Name}' would leave 64 bits. The addition was not taken.");
                }
            }

            Write(record, new(ActionKind.Add, own.Key, 0, addition.Delta, addition.Min, addition.Max, default));
        }
        finally
        {
            _isBusy = 0;
        }
    }

    /// <summary>From now on until it is disposed of, the end of a delivery that this completes is no loss.</summary>
    public DeliveriesOf BeginSettling() => new(_completed);

    /// <summary>An earlier run has committed what this one was to do, so its messages are done, too. One that cannot be
    /// completed comes again, and meets the same key.</summary>
    public async Task CompleteAsync(CancellationToken cancellationToken)
    {
        foreach (DeliveryHold delivery in _completed)
        {
            try
            {
                await delivery.CompleteAsync(cancellationToken).ConfigureAwait(false);
            }
            catch (Exception exception) when (exception is ConcordException or OperationCanceledException)
            {
                Log.NotCompleted(client.Logger, delivery.Name, delivery.MessageId, exception);
            }
        }
    }

    /// <summary>The body has returned: nothing may be added to what is committed.</summary>
    public void Close() => _isOver = true;

    public TransactionRequest ToRequest(LogTime startedAt) => new(Gid, _actions, idempotencyKey, startedAt);

    private async ValueTask<EngineRecord> ReadAsync(TouchedRecord record, CancellationToken cancellationToken)
    {
        if (record.Stored is { } known)
        {
            return known;
        }

        CheckRoom();
        EngineRecord stored = await client.ReadAsync(
            "transaction.get", record.Name, record.Key, cancellationToken).ConfigureAwait(false);
        CheckOpen();
        record.Stored = stored;
        _firstRead ??= RecordKey.SlotOf(record.Key);
        InsertValidation(record, new(
            ActionKind.Validate, record.Key, stored.Exists ? stored.Revision : 0, 0, 0, 0, default));
        return stored;
    }

    /// <summary>A record's validation always stands before its write, also when it was read afterwards: whoever runs
    /// the actions in turn must compare the revision that was there before the transaction.</summary>
    private void InsertValidation(TouchedRecord record, TransactionAction validation)
    {
        int place = record.WriteOrdinal >= 0 ? record.WriteOrdinal : _actions.Count;
        _actions.Insert(place, validation);
        foreach (TouchedRecord other in CollectionsMarshal.AsSpan(_records))
        {
            other.WriteOrdinal += other.WriteOrdinal >= place ? 1 : 0;
        }
    }

    private void Write(TouchedRecord record, TransactionAction action)
    {
        int earlierBytes = record.WriteOrdinal >= 0 ? _actions[record.WriteOrdinal].Value.Length : 0;
        int valueBytes = _valueBytes - earlierBytes + action.Value.Length;
        CheckBytes(record.Name, valueBytes);
        if (record.WriteOrdinal >= 0)
        {
            _actions[record.WriteOrdinal] = action;
        }
        else
        {
            CheckRoom();
            record.WriteOrdinal = _actions.Count;
            _actions.Add(action);
        }

        _valueBytes = valueBytes;
        _firstWritten ??= RecordKey.SlotOf(record.Key);
    }

    private static void CheckBytes(string name, int valueBytes)
    {
        if (valueBytes > ValueBytesMax + ValueRecord.ContentTypeBytesMax)
        {
            throw new ArgumentException(
                $"With '{name}' this transaction would write {valueBytes} bytes of values and messages; "
                + $"at most {ValueBytesMax} are allowed. Nothing was taken of it.");
        }
    }

    private TouchedRecord Touch(byte[] key, string name)
    {
        // Not a dictionary: there are few, 500 at most, and keys are compared by their bytes.
        foreach (TouchedRecord record in CollectionsMarshal.AsSpan(_records))
        {
            if (record.Key.AsSpan().SequenceEqual(key))
            {
                return record;
            }
        }

        var touched = new TouchedRecord(key, name);
        _records.Add(touched);
        return touched;
    }

    private Slot ChooseAnchor()
    {
        if (idempotencyKey is { } name)
        {
            return SlotHash.Of(name.Namespace, name.Key);
        }

        // With nothing known yet, any slot will do: a session's transactions spread over them.
        return _firstWritten ?? _firstRead ?? new Slot((ushort)((session.Value + sequence) % Slot.Count));
    }

    private StoredValue<T> Own<T>(IConcordValue<T> value)
        where T : notnull
    {
        ArgumentNullException.ThrowIfNull(value);
        return value is StoredValue<T> own && ReferenceEquals(own.Client, client)
            ? own
            : throw Foreign(value.Name, nameof(value));
    }

    private Counter Own(IConcordCounter counter)
    {
        ArgumentNullException.ThrowIfNull(counter);
        return counter is Counter own && ReferenceEquals(own.Client, client)
            ? own
            : throw Foreign(counter.Name, nameof(counter));
    }

    private static ArgumentException Foreign(string name, string parameter) =>
        new($"'{name}' belongs to another IConcord than this transaction.", parameter);

    /// <summary>Two calls at once would mix up the order of the actions without a sound; this makes it an
    /// error.</summary>
    private void Enter()
    {
        CheckOpen();
        if (Interlocked.Exchange(ref _isBusy, 1) != 0)
        {
            throw new InvalidOperationException("A transaction is not thread-safe: await each call before the next.");
        }
    }

    private void CheckOpen()
    {
        if (_isOver)
        {
            throw new InvalidOperationException(
                "The body of this transaction has returned; nothing can be added to it.");
        }
    }

    private void CheckRoom()
    {
        if (_actions.Count >= ActionsMax)
        {
            throw new InvalidOperationException(
                $"A transaction does at most {ActionsMax} things (a read and a write of one name are two). "
                + "Make it smaller.");
        }
    }
}

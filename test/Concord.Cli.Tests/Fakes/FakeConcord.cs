using System.Buffers;
using System.Globalization;

namespace Concord.Cli.Tests.Fakes;

/// <summary>What a call of the fake does instead of succeeding.</summary>
internal enum Trouble
{
    None,

    /// <summary>Nothing happens; the caller is told so.</summary>
    Unavailable,

    /// <summary>It happens; the caller is told that nobody knows.</summary>
    InDoubtAndDone,

    /// <summary>It does not happen; the caller is told that nobody knows.</summary>
    InDoubtAndNotDone,

    /// <summary>It loses against another transaction.</summary>
    Conflict,
}

/// <summary>The public API over a dictionary under one lock, with trouble on demand.</summary>
internal sealed class FakeConcord : IConcord
{
    private readonly Lock _lock = new();
    private readonly HashSet<string> _keys = new(StringComparer.Ordinal);
    private readonly Dictionary<string, TransactionResult> _results = new(StringComparer.Ordinal);
    private int _transactions;
    private long _revision;

    /// <summary>By the number of the transaction, from 1.</summary>
    public Func<int, Trouble> Trouble { get; set; } = _ => Fakes.Trouble.None;

    public SortedDictionary<string, long> Counters { get; } = new(StringComparer.Ordinal);

    public SortedDictionary<string, (byte[] Bytes, long Revision)> Values { get; } = new(StringComparer.Ordinal);

    public int Transactions => _transactions;

    /// <summary>The commands that are tested with it use counters, values and transactions.</summary>
    private static NotSupportedException NotPlayed() => new("The fake does not play this.");

    public IConcordSession Session => throw NotPlayed();

    public ConcordCapabilities Capabilities => throw NotPlayed();

    public IConcordLock GetLock(string name) => throw NotPlayed();

    public IConcordElection GetElection(string name) => throw NotPlayed();

    public IConcordSemaphore GetSemaphore(string name, int initialLimit) => throw NotPlayed();

    public IConcordGroup GetGroup(string name) => throw NotPlayed();

    public IConcordPartitions GetPartitions(string name, int count) => throw NotPlayed();

    public IConcordSequence GetSequence(string name) => throw NotPlayed();

    public IConcordQueue<T> GetQueue<T>(string name, IConcordSerializer<T>? serializer = null)
        where T : notnull => throw NotPlayed();

    public IConcordCounter GetCounter(string name) => new FakeCounter(this, name);

    public IConcordValue<T> GetValue<T>(string name, IConcordSerializer<T>? serializer = null)
        where T : notnull => new FakeValue<T>(this, name, serializer!);

    public async Task RunTransactionAsync(
        Func<IConcordTransaction, CancellationToken, Task> body,
        TransactionRunOptions? options = null,
        CancellationToken cancellationToken = default) =>
        (await TryRunTransactionAsync(body, options, cancellationToken)).EnsureCommitted();

    public async Task<T> RunTransactionAsync<T>(
        Func<IConcordTransaction, CancellationToken, Task<T>> body,
        TransactionRunOptions? options = null,
        CancellationToken cancellationToken = default)
    {
        T result = default!;
        TransactionResult outcome = await TryRunTransactionAsync(
            async (transaction, token) => result = await body(transaction, token), options, cancellationToken);
        outcome.EnsureCommitted();
        return result;
    }

    public async Task<TransactionResult> TryRunTransactionAsync(
        Func<IConcordTransaction, CancellationToken, Task> body,
        TransactionRunOptions? options = null,
        CancellationToken cancellationToken = default)
    {
        int number = Interlocked.Increment(ref _transactions);
        Trouble trouble = Trouble(number);
        cancellationToken.ThrowIfCancellationRequested();
        if (trouble == Fakes.Trouble.Unavailable)
        {
            throw new EngineUnavailableException("No leader.");
        }

        TransactionId id = new(number.ToString(CultureInfo.InvariantCulture));
        FakeTransaction transaction = new(this, id);
        await body(transaction, cancellationToken);
        lock (_lock)
        {
            TransactionResult result = trouble switch
            {
                Fakes.Trouble.InDoubtAndNotDone => new(id, TransactionOutcome.Aborted, TransactionAbortReason.TimedOut),
                Fakes.Trouble.Conflict => new(id, TransactionOutcome.Aborted, TransactionAbortReason.Conflict),
                _ => Commit(transaction, options?.IdempotencyKey),
            };
            _results[id.Value] = result;
            bool isInDoubt = trouble is Fakes.Trouble.InDoubtAndDone or Fakes.Trouble.InDoubtAndNotDone;
            return isInDoubt ? new TransactionResult(id, TransactionOutcome.InDoubt) : result;
        }
    }

    public ValueTask<TransactionResult> GetTransactionResultAsync(
        TransactionId id, CancellationToken cancellationToken = default)
    {
        lock (_lock)
        {
            return new(_results[id.Value]);
        }
    }

    public ValueTask<OperationOutcome> GetOutcomeAsync(
        RequestId request, CancellationToken cancellationToken = default) =>
        new(OperationOutcome.Unknown);

    public T Locked<T>(Func<T> action)
    {
        lock (_lock)
        {
            return action();
        }
    }

    public Revision Store(string name, byte[] bytes)
    {
        Values[name] = (bytes, ++_revision);
        return new Revision(_revision);
    }

    private TransactionResult Commit(FakeTransaction transaction, string? key)
    {
        if (key is not null && _keys.Contains(key))
        {
            return new TransactionResult(transaction.Id, TransactionOutcome.Committed);
        }

        foreach ((string name, long delta, CounterBounds bounds) in transaction.Additions)
        {
            Int128 value = (Int128)Counters.GetValueOrDefault(name) + delta;
            if (value < (bounds.Min ?? long.MinValue) || value > (bounds.Max ?? long.MaxValue))
            {
                return new TransactionResult(
                    transaction.Id, TransactionOutcome.Aborted, TransactionAbortReason.BoundViolated, refusedBy: name);
            }
        }

        transaction.Additions.ForEach(add => Counters[add.Name] = Counters.GetValueOrDefault(add.Name) + add.Delta);
        transaction.Writes.ForEach(write => Store(write.Name, write.Bytes));
        _ = key is not null && _keys.Add(key);
        return new TransactionResult(transaction.Id, TransactionOutcome.Committed);
    }

    public static byte[] Bytes<T>(IConcordSerializer<T> serializer, T value)
        where T : notnull
    {
        ArrayBufferWriter<byte> writer = new();
        serializer.Serialize(value, writer);
        return writer.WrittenSpan.ToArray();
    }
}

internal sealed class FakeTransaction(FakeConcord concord, TransactionId id) : IConcordTransaction
{
    public TransactionId Id => id;

    public List<(string Name, long Delta, CounterBounds Bounds)> Additions { get; } = [];

    public List<(string Name, byte[] Bytes)> Writes { get; } = [];

    public ValueTask<Versioned<T>> GetAsync<T>(IConcordValue<T> value, CancellationToken cancellationToken = default)
        where T : notnull => value.GetAsync(cancellationToken);

    public ValueTask<long> GetAsync(IConcordCounter counter, CancellationToken cancellationToken = default) =>
        counter.GetAsync(cancellationToken);

    public void Set<T>(IConcordValue<T> value, T newValue)
        where T : notnull =>
        Writes.Add((value.Name, FakeConcord.Bytes(((FakeValue<T>)value).Serializer, newValue)));

    public void Delete<T>(IConcordValue<T> value)
        where T : notnull => concord.Locked(() => concord.Values.Remove(value.Name));

    public void Add(IConcordCounter counter, long delta, CounterBounds bounds = default) =>
        Additions.Add((counter.Name, delta, bounds));

    public void Enqueue<T>(IConcordQueue<T> queue, T message, EnqueueOptions? options = null)
        where T : notnull => throw new NotSupportedException();

    public void Complete<T>(IDelivery<T> delivery)
        where T : notnull => throw new NotSupportedException();

    public void Require(Fence fence) => throw new NotSupportedException();
}

internal sealed class FakeCounter(FakeConcord concord, string name) : IConcordCounter
{
    public string Name => name;

    public ValueTask<long> GetAsync(CancellationToken cancellationToken = default) =>
        new(concord.Locked(() => concord.Counters.GetValueOrDefault(name)));

    public ValueTask<long> AddAsync(long delta, CancellationToken cancellationToken = default) =>
        AddAsync(delta, default, cancellationToken);

    public ValueTask<long> AddAsync(long delta, WriteOptions options, CancellationToken cancellationToken = default) =>
        new(concord.Locked(() => concord.Counters[name] = checked(concord.Counters.GetValueOrDefault(name) + delta)));

    public ValueTask<CounterResult> TryAddAsync(
        long delta, CounterBounds bounds, WriteOptions options =
            default, CancellationToken cancellationToken = default) =>
        throw new NotSupportedException();

    public ValueTask<long> CompareExchangeAsync(
        long value, long comparand, WriteOptions options = default, CancellationToken cancellationToken = default) =>
        throw new NotSupportedException();
}

internal sealed class FakeValue<T>(
    FakeConcord concord, string name, IConcordSerializer<T> serializer) : IConcordValue<T>
    where T : notnull
{
    public string Name => name;

    public IConcordSerializer<T> Serializer => serializer;

    public ValueTask<Versioned<T>> GetAsync(CancellationToken cancellationToken = default) => new(concord.Locked(() =>
        concord.Values.TryGetValue(name, out (byte[] Bytes, long Revision) stored)
            ? new Versioned<T>(serializer.Deserialize(new(stored.Bytes)), new(stored.Revision))
            : default));

    public ValueTask<Revision> SetAsync(
        T value, WriteOptions options = default, CancellationToken cancellationToken = default) =>
        new(concord.Locked(() => concord.Store(name, FakeConcord.Bytes(serializer, value))));

    public ValueTask<Revision?> TrySetAsync(
        T value, Revision expected, WriteOptions options = default, CancellationToken cancellationToken = default) =>
        throw new NotSupportedException();

    public ValueTask<Versioned<T>> UpdateAsync(
        Func<Versioned<T>, T> update,
        CancellationToken cancellationToken = default) => throw new NotSupportedException();

    public ValueTask<bool> DeleteAsync(WriteOptions options = default, CancellationToken cancellationToken = default) =>
        new(concord.Locked(() => concord.Values.Remove(name)));

    public IAsyncEnumerable<Versioned<T>> WatchAsync(CancellationToken cancellationToken = default) =>
        throw new NotSupportedException();
}

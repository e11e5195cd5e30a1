using Concord.Engines;
using Concord.Operations;

namespace Concord.Primitives;

/// <summary>A counter, as a name and the operations on it.</summary>
internal sealed class Counter(ConcordClient client, string name) : IConcordCounter
{
    public ConcordClient Client { get; } = client;

    public string Name { get; } = name;

    public byte[] Key { get; } = RecordKey.Named(RecordKind.Counter, client.Namespace, name);

    public async ValueTask<long> GetAsync(CancellationToken cancellationToken = default)
    {
        EngineRecord record = await Client.ReadAsync("counter.get", Name, Key, cancellationToken).ConfigureAwait(false);
        return ValueOf(record);
    }

    public ValueTask<long> AddAsync(long delta, CancellationToken cancellationToken = default) =>
        AddAsync(delta, default, cancellationToken);

    public async ValueTask<long> AddAsync(
        long delta, WriteOptions options, CancellationToken cancellationToken = default)
    {
        (AdditionOutcome outcome, long value) = await AddAsync(
            BoundedAddition.Of(delta, default), options, cancellationToken).ConfigureAwait(false);
        return outcome == AdditionOutcome.Fits ? value : throw Overflow(delta, value);
    }

    public async ValueTask<CounterResult> TryAddAsync(
        long delta, CounterBounds bounds, WriteOptions options = default, CancellationToken cancellationToken = default)
    {
        (AdditionOutcome outcome, long value) = await AddAsync(
            BoundedAddition.Of(delta, bounds), options, cancellationToken).ConfigureAwait(false);
        return outcome == AdditionOutcome.Overflow
            ? throw Overflow(delta, value)
            : new(outcome == AdditionOutcome.Fits, value);
    }

    public async ValueTask<long> CompareExchangeAsync(
        long value, long comparand, WriteOptions options = default, CancellationToken cancellationToken = default)
    {
        OperationRequest request = CompareExchangeCounter.Request(
            Key, value, comparand, IdempotencyKeys.Of(Key, options));
        EngineAnswer answer = await Client.ExecuteAsync(
            "counter.compare_exchange", Name, request, cancellationToken).ConfigureAwait(false);
        return CompareExchangeCounter.Read(answer);
    }

    public static long ValueOf(EngineRecord record) => record.Exists ? CounterRecord.Decode(record.Value.Span) : 0;

    private async ValueTask<(AdditionOutcome Outcome, long Value)> AddAsync(
        BoundedAddition addition, WriteOptions options, CancellationToken cancellationToken)
    {
        OperationRequest request = AddCounter.Request(Key, addition, IdempotencyKeys.Of(Key, options));
        EngineAnswer answer = await Client.ExecuteAsync(
            "counter.add", Name, request, cancellationToken).ConfigureAwait(false);
        return AddCounter.Read(answer);
    }

    private OverflowException Overflow(long delta, long value) =>
        new($"Counter '{Name}' is {value}; adding {delta} would leave 64 bits. Nothing changed.");
}

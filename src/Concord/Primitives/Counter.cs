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
        if (!FencedWrite.TryBeside(Client, options, ref request))
        {
            (long original, _) = await FencedWrite.ElsewhereAsync(
                Client,
                "counter.compare_exchange",
                Name,
                options,
                async (transaction, token) =>
                {
                    long old = await transaction.GetAsync(this, token).ConfigureAwait(false);
                    if (old == comparand)
                    {
                        transaction.Add(this, checked(value - comparand));
                    }

                    return old;
                },
                cancellationToken).ConfigureAwait(false);
            return original;
        }

        EngineAnswer answer = await Client.WriteAsync(
            "counter.compare_exchange", Name, request, options.Fence, cancellationToken).ConfigureAwait(false);
        return CompareExchangeCounter.Read(answer);
    }

    public static long ValueOf(EngineRecord record) => record.Exists ? CounterRecord.Decode(record.Value.Span) : 0;

    private async ValueTask<(AdditionOutcome Outcome, long Value)> AddAsync(
        BoundedAddition addition, WriteOptions options, CancellationToken cancellationToken)
    {
        OperationRequest request = AddCounter.Request(Key, addition, IdempotencyKeys.Of(Key, options));
        if (!FencedWrite.TryBeside(Client, options, ref request))
        {
            return await AddElsewhereAsync(addition, options, cancellationToken).ConfigureAwait(false);
        }

        EngineAnswer answer = await Client.WriteAsync(
            "counter.add", Name, request, options.Fence, cancellationToken).ConfigureAwait(false);
        return AddCounter.Read(answer);
    }

    private async ValueTask<(AdditionOutcome Outcome, long Value)> AddElsewhereAsync(
        BoundedAddition addition, WriteOptions options, CancellationToken cancellationToken)
    {
        ((AdditionOutcome Outcome, long Value) added, _) = await FencedWrite.ElsewhereAsync(
            Client,
            "counter.add",
            Name,
            options,
            async (transaction, token) =>
            {
                long old = await transaction.GetAsync(this, token).ConfigureAwait(false);
                AdditionOutcome outcome = addition.ApplyTo(old, out long value);
                if (outcome == AdditionOutcome.Fits)
                {
                    transaction.Add(this, addition.Delta);
                }

                return (outcome, value);
            },
            cancellationToken).ConfigureAwait(false);
        return added;
    }

    private OverflowException Overflow(long delta, long value) =>
        new($"Counter '{Name}' is {value}; adding {delta} would leave 64 bits. Nothing changed.");
}

using System.Runtime.CompilerServices;
using Concord.Engines;
using Concord.Operations;

namespace Concord.Primitives;

/// <summary>A value, as a name, a serializer and the operations on it.</summary>
internal sealed class StoredValue<T>(ConcordClient client, string name, IConcordSerializer<T> serializer)
    : IConcordValue<T>
    where T : notnull
{
    public ConcordClient Client { get; } = client;

    public string Name { get; } = name;

    public byte[] Key { get; } = RecordKey.Named(RecordKind.Value, client.Namespace, name);

    public async ValueTask<Versioned<T>> GetAsync(CancellationToken cancellationToken = default)
    {
        EngineRecord record = await Client.ReadAsync("value.get", Name, Key, cancellationToken).ConfigureAwait(false);
        return Deserialize(record);
    }

    public async ValueTask<Revision> SetAsync(
        T value, WriteOptions options = default, CancellationToken cancellationToken = default)
    {
        OperationRequest request = SetValue.Request(
            Key, Serialize(value, nameof(value)).Span, IdempotencyKeys.Of(Key, options));
        if (!FencedWrite.TryBeside(Client, options, ref request))
        {
            (_, long revision) = await FencedWrite.ElsewhereAsync(
                Client,
                "value.set",
                Name,
                options,
                (transaction, _) =>
                {
                    transaction.Set(this, value);
                    return new ValueTask<bool>(true);
                },
                cancellationToken).ConfigureAwait(false);
            return FencedWrite.RevisionOf(revision);
        }

        EngineAnswer answer = await Client.WriteAsync(
            "value.set", Name, request, options.Fence, cancellationToken).ConfigureAwait(false);
        return SetValue.Read(answer);
    }

    public async ValueTask<Revision?> TrySetAsync(
        T value, Revision expected, WriteOptions options = default, CancellationToken cancellationToken = default)
    {
        OperationRequest request = TrySetValue.Request(
            Key, expected, Serialize(value, nameof(value)).Span, IdempotencyKeys.Of(Key, options));
        if (!FencedWrite.TryBeside(Client, options, ref request))
        {
            (bool isSet, long revision) = await FencedWrite.ElsewhereAsync(
                Client,
                "value.try_set",
                Name,
                options,
                async (transaction, token) =>
                {
                    Versioned<T> old = await transaction.GetAsync(this, token).ConfigureAwait(false);
                    if (old.Revision == expected)
                    {
                        transaction.Set(this, value);
                    }

                    return old.Revision == expected;
                },
                cancellationToken).ConfigureAwait(false);
            return isSet ? FencedWrite.RevisionOf(revision) : null;
        }

        return await TrySetAsync(request, options.Fence, cancellationToken).ConfigureAwait(false);
    }

    public async ValueTask<Versioned<T>> UpdateAsync(
        Func<Versioned<T>, T> update, CancellationToken cancellationToken = default)
    {
        ArgumentNullException.ThrowIfNull(update);
        long started = Client.Time.GetTimestamp();
        ulong seed = SlotHash.Hash(Key, (ulong)started);
        for (int attempt = 1; ; attempt++)
        {
            Versioned<T> old = await GetAsync(cancellationToken).ConfigureAwait(false);
            T value = update(old);
            OperationRequest request =
                TrySetValue.Request(Key, old.Revision, Serialize(value, nameof(update)).Span, null);
            if (await TrySetAsync(request, fence: null, cancellationToken).ConfigureAwait(false) is { } written)
            {
                return new(value, written);
            }

            TimeSpan delay = Backoff.Delay(attempt, seed);
            if (Client.Time.GetElapsedTime(started) + delay > Client.OperationTimeout)
            {
                throw EngineErrors.Overloaded(
                    $"'{Name}' was changed by others between read and write, {attempt} times in a row. "
                    + "Nothing was written.",
                    delay);
            }

            await Task.Delay(delay, Client.Time, cancellationToken).ConfigureAwait(false);
        }
    }

    public async ValueTask<bool> DeleteAsync(
        WriteOptions options = default, CancellationToken cancellationToken = default)
    {
        OperationRequest request = DeleteValue.Request(Key, IdempotencyKeys.Of(Key, options));
        if (!FencedWrite.TryBeside(Client, options, ref request))
        {
            (bool existed, _) = await FencedWrite.ElsewhereAsync(
                Client,
                "value.delete",
                Name,
                options,
                async (transaction, token) =>
                {
                    Versioned<T> old = await transaction.GetAsync(this, token).ConfigureAwait(false);
                    transaction.Delete(this);
                    return old.Exists;
                },
                cancellationToken).ConfigureAwait(false);
            return existed;
        }

        EngineAnswer answer = await Client.WriteAsync(
            "value.delete", Name, request, options.Fence, cancellationToken).ConfigureAwait(false);
        return DeleteValue.Read(answer);
    }

    public async IAsyncEnumerable<Versioned<T>> WatchAsync(
        [EnumeratorCancellation] CancellationToken cancellationToken = default)
    {
        long? told = null;
        await foreach (EngineRecords records in
            Client.Engine.WatchAsync(Key, cancellationToken).ConfigureAwait(false))
        {
            // Names may begin with each other: only the key itself counts.
            WatchedRecord record = records.Records.FirstOrDefault(one => one.Key.Span.SequenceEqual(Key));
            if (record.ModRevision != told)
            {
                told = record.ModRevision;
                yield return record.Key.IsEmpty ? default : new(Deserialize(record.Value), new(record.ModRevision));
            }
        }
    }

    private async ValueTask<Revision?> TrySetAsync(
        OperationRequest request, Fence? fence, CancellationToken cancellationToken) =>
        TrySetValue.Read(await Client.WriteAsync("value.try_set", Name, request, fence, cancellationToken)
            .ConfigureAwait(false));

    /// <summary>The record of a value, which the caller of the public API calls
    /// <paramref name="parameter"/>.</summary>
    /// <exception cref="ArgumentException">It is too large, or the serializer's content type is not one.</exception>
    public ReadOnlyMemory<byte> Serialize(T value, string parameter) =>
        StoredContent.Serialize(value, serializer, Name, ValueRecord.ContentBytesMax, parameter);

    public Versioned<T> Deserialize(EngineRecord record) =>
        record.Exists ? new(Deserialize(record.Value), new(record.Revision)) : default;

    /// <summary>The value in a record.</summary>
    /// <exception cref="InvalidOperationException">It was written by a serializer of another content type.</exception>
    public T Deserialize(ReadOnlyMemory<byte> record) => StoredContent.Deserialize(record, serializer, Name);
}

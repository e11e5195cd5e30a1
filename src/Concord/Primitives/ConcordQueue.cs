using System.Runtime.CompilerServices;
using Concord.Engines;
using Concord.Operations.Queues;

namespace Concord.Primitives;

/// <summary>A queue, as a name, a serializer and the operations on it.</summary>
internal sealed class ConcordQueue<T>(ConcordClient client, string name, IConcordSerializer<T> serializer)
    : IConcordQueue<T>
    where T : notnull
{
    private readonly HoldSource _source = new(client, RecordKind.Queue, name);

    public ConcordClient Client => _source.Client;

    public string Name => _source.Name;

    public byte[] Root => _source.Root;

    public async ValueTask<bool> EnqueueAsync(
        T message, EnqueueOptions? options = null, CancellationToken cancellationToken = default)
    {
        WriteOptions write = options?.Write ?? default;
        OperationRequest request = EnqueueMessages.Request(
            Root, [NewMessage(message, options, nameof(message))], IdempotencyKeys.Of(Root, write));
        if (!FencedWrite.TryBeside(Client, write, ref request))
        {
            return await EnqueueElsewhereAsync(message, options!, cancellationToken).ConfigureAwait(false);
        }

        EngineAnswer answer = await Client.WriteAsync(
            "queue.enqueue", Name, request, write.Fence, cancellationToken).ConfigureAwait(false);
        int added = EnqueueMessages.Read(answer);
        return added < 0 ? throw EngineErrors.QueueFull(Name) : added > 0;
    }

    public async ValueTask EnqueueBatchAsync(
        IReadOnlyCollection<T> messages, CancellationToken cancellationToken = default)
    {
        ArgumentNullException.ThrowIfNull(messages);
        if (messages.Count == 0)
        {
            return;
        }

        NewMessage[] batch = [.. messages.Select(message => NewMessage(message, options: null, nameof(messages)))];
        int bytes = batch.Sum(message => message.Content.Length);
        if (batch.Length > EnqueueBatch.MessagesMax || bytes > EnqueueBatch.BytesMax)
        {
            throw new ArgumentException(
                $"{batch.Length} messages of {bytes} bytes together; a batch of '{Name}' is at most "
                + $"{EnqueueBatch.MessagesMax} messages and {EnqueueBatch.BytesMax} bytes. Nothing was enqueued.",
                nameof(messages));
        }

        EngineAnswer answer = await Client.ExecuteAsync(
            "queue.enqueue_batch", Name, EnqueueMessages.Request(Root, batch), cancellationToken)
            .ConfigureAwait(false);
        if (EnqueueMessages.Read(answer) < 0)
        {
            throw EngineErrors.QueueFull(Name);
        }
    }

    public async ValueTask<IDelivery<T>?> TryReceiveAsync(
        TimeSpan wait, CancellationToken cancellationToken = default) =>
        await ReceiveAsync(WaitTime.Of(wait, nameof(wait)), cancellationToken).ConfigureAwait(false);

    public async IAsyncEnumerable<IDelivery<T>> ReceiveAllAsync(
        int prefetch = 1, [EnumeratorCancellation] CancellationToken cancellationToken = default)
    {
        ArgumentOutOfRangeException.ThrowIfLessThan(prefetch, 1);
        ArgumentOutOfRangeException.ThrowIfGreaterThan(prefetch, ConcordQueueLimits.PrefetchMax);
        var stream = new DeliveryStream<T>(this, prefetch, cancellationToken);
        await using (stream.ConfigureAwait(false))
        {
            while (true)
            {
                yield return await stream.NextAsync().ConfigureAwait(false);
            }
        }
    }

    public async ValueTask<QueueDescription> DescribeAsync(CancellationToken cancellationToken = default)
    {
        EngineAnswer answer = await Client.QueryAsync(
            "queue.describe", Name, DescribeQueue.Request(Root), cancellationToken).ConfigureAwait(false);
        QueueContents contents = DescribeQueue.Read(answer);
        return new()
        {
            Name = Name,
            Ready = contents.Ready,
            Delayed = contents.Delayed,
            InFlight = contents.InFlight,
            DeadLettered = contents.DeadLettered,
            DeadLetterQueue = contents.DeadLetterRoot.IsEmpty
                ? null
                : RecordKey.NameOf(contents.DeadLetterRoot.Span).Name,
            Bytes = contents.Bytes,
            OldestAge = contents.OldestAge,
        };
    }

    /// <summary>The next message; null when nothing came in time.</summary>
    public async ValueTask<Delivery<T>?> ReceiveAsync(TimeSpan? timeout, CancellationToken cancellationToken)
    {
        EngineHold? hold = await _source.AcquireAsync(
            ReceiveMessage.Request(Root, timeout, Client.ProcessName), cancellationToken).ConfigureAwait(false);
        return hold is null ? null : new(_source, hold, serializer);
    }

    /// <summary>Receives several, each as soon as it is there; see <see cref="IEngine.AcquireSeveralAsync"/>.</summary>
    public ValueTask ReceiveAsync(
        int count, Action<Delivery<T>> received, CancellationToken cancellationToken) => _source.AcquireSeveralAsync(
            ReceiveSeveral.Request(Root, count, Client.ProcessName),
            hold => received(new(_source, hold, serializer)),
            cancellationToken);

    /// <summary>A message as it is enqueued; the caller of the public API calls it
    /// <paramref name="parameter"/>.</summary>
    /// <exception cref="ArgumentException">It is too large, or an option is out of its bounds.</exception>
    public NewMessage NewMessage(T message, EnqueueOptions? options, string parameter)
    {
        if (options is not null)
        {
            ConcordQueueLimits.Check(options);
        }

        ReadOnlyMemory<byte> content = StoredContent.Serialize(
            message,
            serializer,
            Name,
            QueueMessage.ContentBytesMax - Operations.ValueRecord.ContentTypeBytesMax - 1,
            parameter);
        return new(content, options?.MessageId, options?.Group, options?.Delay ?? TimeSpan.Zero);
    }

    private async ValueTask<bool> EnqueueElsewhereAsync(
        T message, EnqueueOptions options, CancellationToken cancellationToken)
    {
        if (options.MessageId is not null)
        {
            throw new ArgumentException(
                $"Queue '{Name}' and {options.Write.Fence!.Value.HoldName} do not lie together, so that nobody could "
                + "say whether the message id was seen before. Give both names the same {tag}.",
                nameof(options));
        }

        (bool isNew, _) = await FencedWrite.ElsewhereAsync(
            Client,
            "queue.enqueue",
            Name,
            options.Write,
            (transaction, _) =>
            {
                transaction.Enqueue(this, message, new() { Group = options.Group, Delay = options.Delay });
                return new ValueTask<bool>(true);
            },
            cancellationToken).ConfigureAwait(false);
        return isNew;
    }
}

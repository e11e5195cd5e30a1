namespace Concord;

/// <summary>
/// A durable queue. A message that was enqueued is delivered at least once, to one consumer at a time, in the order of
/// enqueuing as far as delays, failures and several consumers allow; within a group strictly in order and one at a
/// time. What is done with a message is done exactly once where it is done in the transaction that completes it.
/// </summary>
/// <typeparam name="T">The message.</typeparam>
public interface IConcordQueue<T>
    where T : notnull
{
    /// <summary>The name it was got by.</summary>
    string Name { get; }

    /// <summary>Puts a message into the queue.</summary>
    /// <param name="message">At most 256 KiB when serialized, 65 bytes of them for its content type.</param>
    /// <param name="options">Message id, group, delay and the extras of a write.</param>
    /// <param name="cancellationToken">Stops waiting; the message may still be enqueued.</param>
    /// <returns>False when the message id was seen within a day: it is in the queue, or was. True otherwise.</returns>
    /// <exception cref="QueueFullException">The queue is at its bound; nothing was enqueued.</exception>
    /// <exception cref="FenceRejectedException">The fence is of a hold that is not held; nothing was
    /// enqueued.</exception>
    /// <exception cref="OutcomeUnknownException">Sent, not answered in time; ask with its request id.</exception>
    /// <exception cref="EngineUnavailableException">Not sent; nothing happened.</exception>
    /// <exception cref="EngineOverloadedException">Refused; nothing happened.</exception>
    ValueTask<bool> EnqueueAsync(
        T message, EnqueueOptions? options = null, CancellationToken cancellationToken = default);

    /// <summary>Puts several messages into the queue, in their order, all of them or none.</summary>
    /// <param name="messages">At most 256, and 1 MiB together when serialized.</param>
    /// <param name="cancellationToken">Stops waiting; they may still be enqueued.</param>
    /// <exception cref="ArgumentException">They are too many or too large together; nothing was enqueued.</exception>
    /// <inheritdoc cref="EnqueueAsync" path="/exception"/>
    ValueTask EnqueueBatchAsync(IReadOnlyCollection<T> messages, CancellationToken cancellationToken = default);

    /// <summary>Takes the next message, or waits in line for one.</summary>
    /// <param name="wait">How long to wait, at most 24 days; zero for not at all,
    /// <see cref="Timeout.InfiniteTimeSpan"/> for as long as it takes.</param>
    /// <param name="cancellationToken">Gives up. A delivery that crosses the cancellation is given back without
    /// blame.</param>
    /// <returns>Null when nothing came within <paramref name="wait"/>. When nobody could be asked, or nobody answered
    /// within a wait of 1.5 seconds or more, the method throws.</returns>
    /// <exception cref="SessionExpiredException">The session was lost while it stood in line; call again.</exception>
    /// <exception cref="OutcomeUnknownException">Sent, not answered in time. What it may have got is given back in the
    /// background.</exception>
    /// <exception cref="EngineUnavailableException">Not sent; nothing happened.</exception>
    /// <exception cref="EngineOverloadedException">Refused; nothing happened.</exception>
    ValueTask<IDelivery<T>?> TryReceiveAsync(TimeSpan wait, CancellationToken cancellationToken = default);

    /// <summary>
    /// The messages as they come, without an end. Settle each delivery; ending the loop gives back those that nobody
    /// has seen yet and those that were handed out and are neither settled nor disposed of. Failures that pass by
    /// themselves (no leader, a lost session) are waited out.
    /// </summary>
    /// <param name="prefetch">How many to ask for ahead, by few requests: with 1 the next is asked for when the loop
    /// comes round, with more it is at hand by then, and is extended for as long as it waits for the loop. 1 to
    /// 1,000.</param>
    /// <param name="cancellationToken">Ends the stream with an <see cref="OperationCanceledException"/>.</param>
    IAsyncEnumerable<IDelivery<T>> ReceiveAllAsync(int prefetch = 1, CancellationToken cancellationToken = default);

    /// <summary>The counts, as of some moment during the call.</summary>
    /// <param name="cancellationToken">Stops waiting.</param>
    /// <exception cref="EngineUnavailableException">No leader, no quorum, no connection within the operation
    /// timeout.</exception>
    ValueTask<QueueDescription> DescribeAsync(CancellationToken cancellationToken = default);
}

/// <summary>How a message is enqueued.</summary>
public sealed class EnqueueOptions
{
    /// <summary>Two messages of one id are one: the second is not enqueued, for a day after the first was, whatever has
    /// become of it. Made by Concord if null. At most 256 bytes of UTF-8.</summary>
    public string? MessageId { get; init; }

    /// <summary>Messages of one group are delivered in order, one at a time. At most 256 bytes of UTF-8.</summary>
    public string? Group { get; init; }

    /// <summary>Not delivered before this has passed; at most 365 days.</summary>
    public TimeSpan? Delay { get; init; }

    /// <summary>Fence and idempotency key.</summary>
    public WriteOptions Write { get; init; }
}

/// <summary>The counts of a queue at one moment.</summary>
public sealed record QueueDescription
{
    /// <summary>Its name.</summary>
    public required string Name { get; init; }

    /// <summary>Messages that wait to be delivered, those of a group whose turn has not come included.</summary>
    public long Ready { get; init; }

    /// <summary>Messages whose delay is not over.</summary>
    public long Delayed { get; init; }

    /// <summary>Messages that are being worked on.</summary>
    public long InFlight { get; init; }

    /// <summary>Messages that were dead-lettered so far.</summary>
    public long DeadLettered { get; init; }

    /// <summary>The queue where its dead letters go; null if there is none.</summary>
    public string? DeadLetterQueue { get; init; }

    /// <summary>The bytes of all messages in it.</summary>
    public long Bytes { get; init; }

    /// <summary>How long the oldest ready message has waited; null if there is none.</summary>
    public TimeSpan? OldestAge { get; init; }
}

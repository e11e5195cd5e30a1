namespace Concord;

/// <summary>
/// A message, held. It is settled once: completed, failed, dead-lettered or given back; a later delivery of the same
/// message invalidates this one. <see cref="IHold.ReleaseAsync"/>, or disposing of it unsettled, gives it back without
/// counting a failure.
/// </summary>
/// <typeparam name="T">The message.</typeparam>
public interface IDelivery<T> : IHold
    where T : notnull
{
    /// <summary>What was enqueued.</summary>
    /// <exception cref="InvalidOperationException">It was written by a serializer of another content type, or cannot be
    /// read.</exception>
    T Message { get; }

    /// <summary>The id that it was enqueued with, or that Concord gave it.</summary>
    string MessageId { get; }

    /// <summary>How often it was delivered, this time included.</summary>
    int DeliveryCount { get; }

    /// <summary>How often it failed, was not settled in time, or was with a process whose session ended: what
    /// <see cref="QueueSettings.MaxFailures"/> counts.</summary>
    int FailureCount { get; }

    /// <summary>What is known of it from before it was dead-lettered; null for a message that was not.</summary>
    DeadLetter? DeadLetter { get; }

    /// <summary>Done with it: it leaves the queue.</summary>
    /// <param name="cancellationToken">Stops waiting; it may still be completed.</param>
    /// <exception cref="HoldLostException">The delivery was lost or settled before; nothing happened.</exception>
    /// <exception cref="OutcomeUnknownException">Sent, not answered in time; ask with its request id.</exception>
    /// <exception cref="EngineUnavailableException">Not sent; nothing happened.</exception>
    ValueTask CompleteAsync(CancellationToken cancellationToken = default);

    /// <summary>Counts a failure and gives it back; after <see cref="QueueSettings.MaxFailures"/> it is
    /// dead-lettered.</summary>
    /// <param name="retryAfter">Not delivered again before this has passed; null for at once, at most 365
    /// days.</param>
    /// <param name="reason">For people; kept with a dead letter. Cut at 1,024 bytes.</param>
    /// <param name="cancellationToken">Stops waiting; it may still be failed.</param>
    /// <inheritdoc cref="CompleteAsync" path="/exception"/>
    ValueTask FailAsync(
        TimeSpan? retryAfter = null, string? reason = null, CancellationToken cancellationToken = default);

    /// <summary>It will never succeed: moves it to <see cref="QueueSettings.DeadLetterQueue"/> in one step.</summary>
    /// <param name="reason">For people; kept with it. Cut at 1,024 bytes.</param>
    /// <param name="cancellationToken">Stops waiting; it may still be moved.</param>
    /// <exception cref="InvalidOperationException">The queue has no queue for dead letters: it is one
    /// itself.</exception>
    /// <inheritdoc cref="CompleteAsync" path="/exception"/>
    ValueTask DeadLetterAsync(string reason, CancellationToken cancellationToken = default);

    /// <summary>Holds it for longer: for <paramref name="visibility"/> from now on.</summary>
    /// <param name="visibility">More than zero, at most 7 days.</param>
    /// <param name="cancellationToken">Stops waiting; it may still be extended.</param>
    /// <inheritdoc cref="CompleteAsync" path="/exception"/>
    ValueTask ExtendAsync(TimeSpan visibility, CancellationToken cancellationToken = default);
}

/// <summary>What is kept with a message that was dead-lettered. The counts of the delivery itself begin anew in the
/// queue for dead letters.</summary>
public sealed record DeadLetter
{
    /// <summary>The queue that it comes from.</summary>
    public required string Queue { get; init; }

    /// <summary>When it left that queue, by the engine's clock.</summary>
    public required DateTimeOffset At { get; init; }

    /// <summary>How often it had been delivered there.</summary>
    public required int DeliveryCount { get; init; }

    /// <summary>How often it had failed there.</summary>
    public required int FailureCount { get; init; }

    /// <summary>What was said with the last failure, or why it was dead-lettered; null if nothing was.</summary>
    public string? Reason { get; init; }
}

/// <summary>What is done with each message of a queue; registered with <c>AddQueueHandler</c>. A new instance in a new
/// scope for each delivery.</summary>
/// <typeparam name="T">The message.</typeparam>
public interface IQueueHandler<T>
    where T : notnull
{
    /// <summary>Handles one message. Returning completes it, unless it was settled here; an exception counts a
    /// failure.</summary>
    /// <param name="delivery">The message.</param>
    /// <param name="cancellationToken">Cancelled when the delivery is lost and when the host stops. A handler that ends
    /// because of the latter gives the message back without blame.</param>
    Task HandleAsync(IDelivery<T> delivery, CancellationToken cancellationToken);
}

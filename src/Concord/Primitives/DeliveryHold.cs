using Concord.Engines;
using Concord.Operations.Queues;

namespace Concord.Primitives;

/// <summary>
/// A delivery, whatever its message: a hold with a time of its own, which is settled once. This process counts nine
/// tenths of the time that the queue gives, from a moment that is not before the queue's: so it stops first, unless the
/// delivery was under way for longer than a tenth.
/// </summary>
internal abstract class DeliveryHold : Hold
{
    private bool _isUnanswered;

    protected DeliveryHold(HoldSource source, EngineHold held)
        : base(source, held, isExclusive: false)
    {
        DeliveryRecord record = DeliveryRecord.Read(held.Value.Span);
        Visibility = record.Until - record.Since;
        QueueMessage message = record.Message;
        MessageId = message.Id.IsEmpty
            ? string.Create(System.Globalization.CultureInfo.InvariantCulture, $"#{message.Order}")
            : System.Text.Encoding.UTF8.GetString(message.Id);
        DeliveryCount = message.Deliveries;
        FailureCount = message.Failures;
        DeadLetter = message.Note.IsEmpty ? null : LetterOf(DeadLetterNote.Read(message.Note));
        Content = message.Content.ToArray();
        held.Limit(Margin(Visibility));
    }

    public TimeSpan Visibility { get; }

    public string MessageId { get; }

    public int DeliveryCount { get; }

    public int FailureCount { get; }

    public DeadLetter? DeadLetter { get; }

    /// <summary>How much time is left before this process takes it for lost.</summary>
    public TimeSpan Left => Held.Left;

    protected ReadOnlyMemory<byte> Content { get; }

    public ValueTask CompleteAsync(CancellationToken cancellationToken = default) => SettleAsync(
        "queue.complete",
        "completed",
        CompleteDelivery.Request(Source.Root, Held.Handle.Sequence, Held.Token),
        CompleteDelivery.Read,
        cancellationToken);

    public ValueTask FailAsync(
        TimeSpan? retryAfter = null, string? reason = null, CancellationToken cancellationToken = default)
    {
        TimeSpan delay = retryAfter ?? TimeSpan.Zero;
        ArgumentOutOfRangeException.ThrowIfLessThan(delay, TimeSpan.Zero, nameof(retryAfter));
        ArgumentOutOfRangeException.ThrowIfGreaterThan(delay, ConcordQueueLimits.DelayMax, nameof(retryAfter));
        return SettleAsync(
            "queue.fail",
            "failed",
            FailDelivery.Request(Source.Root, Held.Handle.Sequence, Held.Token, delay, reason),
            FailDelivery.Read,
            cancellationToken);
    }

    public ValueTask DeadLetterAsync(string reason, CancellationToken cancellationToken = default)
    {
        ArgumentNullException.ThrowIfNull(reason);
        return SettleAsync(
            "queue.dead_letter",
            "dead_lettered",
            FailDelivery.DeadLetter(Source.Root, Held.Handle.Sequence, Held.Token, reason),
            FailDelivery.Read,
            cancellationToken);
    }

    public async ValueTask ExtendAsync(TimeSpan visibility, CancellationToken cancellationToken = default)
    {
        ArgumentOutOfRangeException.ThrowIfLessThanOrEqual(visibility, TimeSpan.Zero);
        ArgumentOutOfRangeException.ThrowIfGreaterThan(visibility, StoredQueueSettings.VisibilityMax);
        ThrowIfLost();
        long sent = Source.Client.Time.GetTimestamp();
        Instruments.RenewMargin.Record(Left.TotalSeconds, Instruments.Kind(Source.Label));
        EngineAnswer answer = await Source.Client.ExecuteAsync(
            "queue.extend",
            Name,
            ExtendDelivery.Request(Source.Root, Held.Handle.Sequence, Held.Token, visibility),
            cancellationToken).ConfigureAwait(false);
        if (!ExtendDelivery.Read(answer))
        {
            Held.Take();
            throw Gone();
        }

        Held.Limit(Margin(visibility) - Source.Client.Time.GetElapsedTime(sent));
    }

    public override async ValueTask ReleaseAsync(CancellationToken cancellationToken = default)
    {
        bool isFirst = !IsOver;
        await base.ReleaseAsync(cancellationToken).ConfigureAwait(false);
        if (isFirst)
        {
            Instruments.Deliveries.Add(1, Instruments.Outcome("released"));
        }
    }

    /// <summary>A transaction that completes it is about to commit: that it goes is no loss until that is
    /// decided.</summary>
    public void BeginSettling() => Held.BeginSettling();

    public void EndSettling(bool isCommitted)
    {
        Held.EndSettling(isCommitted);
        if (isCommitted && TryEnd())
        {
            Instruments.Deliveries.Add(1, Instruments.Outcome("completed"));
        }
    }

    private static DeadLetter LetterOf(in DeadLetterNote note) => new()
    {
        Queue = RecordKey.NameOf(note.Source).Name,
        At = DateTimeOffset.FromUnixTimeMilliseconds(note.At.Milliseconds),
        DeliveryCount = note.Deliveries,
        FailureCount = note.Failures,
        Reason = note.Reason.IsEmpty ? null : System.Text.Encoding.UTF8.GetString(note.Reason),
    };

    private static TimeSpan Margin(TimeSpan visibility) => visibility * 0.9;

    private async ValueTask SettleAsync(
        string call,
        string outcome,
        OperationRequest request,
        Settled read,
        CancellationToken cancellationToken)
    {
        if (!TryEnd())
        {
            throw EngineErrors.HoldLost($"{Fence.HoldName} was given back or settled by this process before.");
        }

        bool isSettled;
        try
        {
            EngineAnswer answer = await EndAsync(call, request, cancellationToken).ConfigureAwait(false);
            isSettled = read(answer);
        }
        catch
        {
            // Whatever became of it, to ask again is right: at worst the answer is that it is gone.
            _isUnanswered = true;
            Reopen();
            throw;
        }

        if (!isSettled)
        {
            Reopen();
            Held.Take();
            throw _isUnanswered
                ? EngineErrors.HoldLost(
                    $"{Fence.HoldName} is settled or lost: an earlier call of this process that was not answered, or "
                    + "not waited for, may have settled it, or it is with another by now. Stop what rests on it.")
                : Gone();
        }

        Instruments.Deliveries.Add(1, Instruments.Outcome(outcome));
    }

    private delegate bool Settled(in EngineAnswer answer);
}

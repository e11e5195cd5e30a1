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
    private readonly Lock _lock = new();
    private readonly CancellationTokenSource _lost = new();
    private readonly ITimer _timer;
    private readonly TimeProvider _time;
    private long _extendedAt;
    private TimeSpan _left;
    private bool _isSettling;
    private bool _isLostMeanwhile;

    protected DeliveryHold(HoldSource source, EngineHold held)
        : base(source, held, isExclusive: false)
    {
        _time = source.Client.Time;
        DeliveryRecord record = DeliveryRecord.Read(held.Value.Span);
        Visibility = record.Until - record.Since;
        QueueMessage message = record.Message;
        MessageId = message.Id.IsEmpty
            ? string.Create(System.Globalization.CultureInfo.InvariantCulture, $"#{message.Order}")
            : System.Text.Encoding.UTF8.GetString(message.Id);
        DeliveryCount = message.Deliveries;
        FailureCount = message.Failures;
        Content = message.Content.ToArray();
        _extendedAt = _time.GetTimestamp();
        _left = Margin(Visibility);
        Lost = _lost.Token;
        _timer = _time.CreateTimer(
            static state => ((DeliveryHold)state!).NoticeTime(), this, _left, Timeout.InfiniteTimeSpan);
    }

    public override CancellationToken Lost { get; }

    public TimeSpan Visibility { get; }

    public string MessageId { get; }

    public int DeliveryCount { get; }

    public int FailureCount { get; }

    /// <summary>How much time is left before this process takes it for lost.</summary>
    public TimeSpan Left
    {
        get
        {
            lock (_lock)
            {
                return _left - _time.GetElapsedTime(_extendedAt);
            }
        }
    }

    protected ReadOnlyMemory<byte> Content { get; }

    protected override bool IsLost => _lost.IsCancellationRequested || Held.IsLost || Left <= TimeSpan.Zero;

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
        long sent = _time.GetTimestamp();
        Instruments.RenewMargin.Record(Left.TotalSeconds, Instruments.Kind(Source.Label));
        EngineAnswer answer = await Source.Client.ExecuteAsync(
            "queue.extend",
            Name,
            ExtendDelivery.Request(Source.Root, Held.Handle.Sequence, Held.Token, visibility),
            cancellationToken).ConfigureAwait(false);
        if (!ExtendDelivery.Read(answer))
        {
            LoseIt();
            throw Gone();
        }

        lock (_lock)
        {
            (_extendedAt, _left) = (sent, Margin(visibility));
        }

        Watch();
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
    public void BeginSettling()
    {
        lock (_lock)
        {
            _isSettling = true;
        }
    }

    public void EndSettling(bool isCommitted)
    {
        bool isLost;
        lock (_lock)
        {
            _isSettling = false;
            isLost = _isLostMeanwhile && !isCommitted;
        }

        if (isCommitted && TryEnd())
        {
            Instruments.Deliveries.Add(1, Instruments.Outcome("completed"));
        }
        else if (isLost)
        {
            LoseIt();
        }
    }

    protected override bool TryEnd()
    {
        if (!base.TryEnd())
        {
            return false;
        }

        _timer.Change(Timeout.InfiniteTimeSpan, Timeout.InfiniteTimeSpan);
        return true;
    }

    protected override void NoticeLoss() => LoseIt();

    private static TimeSpan Margin(TimeSpan visibility) => visibility * 0.9;

    /// <summary>Sets the timer to the end of its time.</summary>
    private void Watch()
    {
        if (!IsOver)
        {
            TimeSpan due = Left;
            _timer.Change(due > TimeSpan.Zero ? due : TimeSpan.Zero, Timeout.InfiniteTimeSpan);
        }
    }

    private void NoticeTime()
    {
        // The timer of an earlier end may be late.
        if (Left <= TimeSpan.Zero)
        {
            LoseIt();
        }
    }

    private void LoseIt()
    {
        lock (_lock)
        {
            if (_isSettling)
            {
                _isLostMeanwhile = true;
                return;
            }
        }

        if (!IsOver && !_lost.IsCancellationRequested)
        {
            CountLoss();

            // On the pool: callbacks are the user's, and this may be the session's thread.
            _ = _lost.CancelAsync();
        }
    }

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
            Reopen();
            Watch();
            throw;
        }

        if (!isSettled)
        {
            throw Gone();
        }

        Instruments.Deliveries.Add(1, Instruments.Outcome(outcome));
    }

    private delegate bool Settled(in EngineAnswer answer);
}

using Concord.Engines;
using Concord.Operations.Holds;

namespace Concord.Operations.Queues;

/// <content>What is to be done because time has passed.</content>
internal sealed partial class OpenQueue
{
    /// <summary>How much of each kind an operation does before its own work.</summary>
    private const int BesideBudget = 8;

    /// <summary>How much a run does that is there for this alone.</summary>
    private const int WakeBudget = 64;

    /// <summary>How many deliveries are looked at for one that may have ended.</summary>
    private const int LooksPerEnd = 4;

    /// <summary>Deliveries are looked through at most this often: 100 ms.</summary>
    private const long LookInterval = 100;

    /// <summary>Does a little of what is due, so that a queue goes on without a leader that wakes it.</summary>
    public void DoDue() => DoDue(BesideBudget);

    /// <summary>Does what is due, up to a bound; what is left is due at once.</summary>
    public void Wake()
    {
        DoDue(WakeBudget);
        Save(isWake: true);
    }

    private void DoDue(int budget)
    {
        long now = _keys.Now.Milliseconds;
        if (_state.Ready > 0 && _state.Waiting > 0)
        {
            Match(budget);
        }

        if (IsDue(_state.NextDue, now))
        {
            Promote(budget);
        }

        if (IsDue(_state.NextEnd, now))
        {
            EndDeliveries(budget);
        }

        if (IsDue(_state.NextForget, now))
        {
            ForgetIds(budget);
        }
    }

    /// <summary>A delivery ends at a moment.</summary>
    public void NoteEnd(long until)
    {
        if (_state.EndCursor.Session.IsNone)
        {
            _state.NextEnd = First(_state.NextEnd, until);
        }
        else
        {
            _state.EndFound = First(_state.EndFound, until);
        }
    }

    private static bool IsDue(long moment, long now) => moment != 0 && moment <= now;

    private long Earliest()
    {
        long next = _state.NextDue;
        if (_state.Ready > 0 && _state.Waiting > 0)
        {
            return _keys.Now.Milliseconds;
        }

        next = _state.NextEnd == 0 ? next : First(next, _state.NextEnd);
        return _state.NextForget == 0 ? next : First(next, _state.NextForget);
    }

    private void SetTimer(long moment)
    {
        if (moment != 0)
        {
            RootTimer.Set(_keys, _root, new(moment));
        }
        else if (_state.Timer != 0)
        {
            RootTimer.Clear(_keys, _root);
        }

        _state.Timer = moment;
    }

    /// <summary>Messages and receivers that were too many for one run, or too many bytes.</summary>
    /// <remarks>Bytes are bounded where the first in line waits for several: nobody did so before a level that all
    /// replicas know, so those with the build of before do the same.</remarks>
    private void Match(int budget)
    {
        Span<byte> key = stackalloc byte[QueueKey.BytesMax];
        ulong after = 0;
        int bytes = 0;
        while (budget-- > 0 && _state.Waiting > 0 && TryReady(after, out byte[] stored, out after))
        {
            QueueMessage message = QueueMessage.Read(stored);
            if (bytes >= EnqueueBatch.BytesMax && IsFirstForSeveral())
            {
                return;
            }

            bytes += message.Content.Length;
            if (!TryPush(message))
            {
                return;
            }

            _keys.Delete(QueueKey.Ready(key, _root, message.Order));
            _state.Ready--;
        }
    }

    /// <summary>Delayed messages that have come due.</summary>
    private void Promote(int budget)
    {
        Span<byte> prefixBytes = stackalloc byte[QueueKey.BytesMax];
        Span<byte> afterBytes = stackalloc byte[QueueKey.BytesMax];
        ReadOnlySpan<byte> prefix = QueueKey.Delayed(prefixBytes, _root);
        ReadOnlySpan<byte> after = prefix;
        while (_keys.TryNext(prefix, after, out RecordView record))
        {
            _state.NextDue = QueueKey.DueOf(record.Key).Milliseconds;
            if (_state.NextDue > _keys.Now.Milliseconds || budget-- == 0)
            {
                return;
            }

            byte[] copy = record.Value.ToArray();
            QueueMessage message = QueueMessage.Read(copy);
            after = QueueKey.Delayed(afterBytes, _root, message.Due, message.Order);
            _keys.Delete(after);
            _state.Delayed--;
            Place(message);
        }

        _state.NextDue = 0;
    }

    /// <summary>
    /// Deliveries whose time is over. They are looked through one after the other, over several runs if they are many:
    /// about once per visibility timeout, for the next look is when the first of those that were met ends. An index by
    /// time would cost two records more for every message that is received, and find what hardly ever happens.
    /// </summary>
    private void EndDeliveries(int budget)
    {
        Span<byte> prefixBytes = stackalloc byte[HoldKey.BytesMax];
        Span<byte> keyBytes = stackalloc byte[HoldKey.BytesMax];
        ReadOnlySpan<byte> prefix = HoldKey.Prefix(prefixBytes, RecordKind.Hold, _root);
        ReadOnlySpan<byte> key = _state.EndCursor.Session.IsNone
            ? prefix
            : HoldKey.Write(
                keyBytes, RecordKind.Hold, _root, _state.EndCursor.Session, _state.EndCursor.Sequence);
        for (int looks = budget * LooksPerEnd; _keys.TryNext(prefix, key, out RecordView record); looks--)
        {
            if (looks == 0 || budget == 0)
            {
                return;
            }

            (SessionId session, ulong sequence) = HoldKey.HandleOf(record.Key);
            key = HoldKey.Write(keyBytes, RecordKind.Hold, _root, session, sequence);
            _state.EndCursor = (session, sequence);
            LogTime until = DeliveryRecord.Read(record.Value).Until;
            if (until.Milliseconds > _keys.Now.Milliseconds)
            {
                _state.EndFound = First(_state.EndFound, until.Milliseconds);
            }
            else if (QueueHolds.Instance.TryGetBlocker(_keys, _root, key, out _))
            {
                // A transaction is about to complete it, or requires it: not before the decision.
                _state.EndFound = First(_state.EndFound, _keys.Now.Milliseconds + LookInterval);
            }
            else if (_keys.TryGet(key, out RecordView ended))
            {
                budget--;
                Fail(key, ended.Value, retryAfter: 0, "The visibility timeout has passed."u8);
                if (_state.EndCursor.Session.IsNone)
                {
                    // It was the last: whatever was delivered meanwhile is known by its end.
                    return;
                }
            }
        }

        long next = _state.EndFound == 0 ? 0 : Math.Max(_state.EndFound, _keys.Now.Milliseconds + LookInterval);
        (_state.NextEnd, _state.EndCursor, _state.EndFound) = (next, default, 0);
    }
}

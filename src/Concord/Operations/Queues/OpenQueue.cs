using Concord.Encoding;
using Concord.Engines;
using Concord.Operations.Holds;

namespace Concord.Operations.Queues;

/// <summary>
/// A queue while an operation works on it. Of each group only the first message is ready, delayed or in flight; the
/// others stand behind it. What becomes ready goes to the first receiver in line at once, so that either messages wait
/// or receivers do; both only when more come off the line than one run takes, and then the queue is due at once.
/// </summary>
/// <remarks>Of one root at most one is open at a time: each keeps the root's record until it is saved.</remarks>
internal sealed partial class OpenQueue
{
    private readonly IKeyspace _keys;
    private readonly byte[] _root;
    private readonly QueueRoot _state;
    private ulong _firstInLine;

    private OpenQueue(IKeyspace keys, byte[] root, QueueRoot state, int grants)
    {
        _keys = keys;
        _root = root;
        _state = state;
        GrantsLeft = grants;
    }

    public QueueRoot State => _state;

    public ReadOnlySpan<byte> Root => _root;

    /// <summary>How many receivers may still be taken off the line in this run.</summary>
    public int GrantsLeft { get; private set; }

    public static OpenQueue Open(IKeyspace keys, ReadOnlySpan<byte> root, int grants = EnqueueBatch.MessagesMax)
    {
        byte[] copy = root.ToArray();
        QueueRoot state = keys.TryGet(copy, out RecordView record) ? QueueRoot.Read(record.Value) : new();
        return new(keys, copy, state, grants);
    }

    /// <summary>Writes the root, and the timer if it would be late, or has run out.</summary>
    /// <param name="isWake">The timer is written in any case: whoever reads it asks for the next run.</param>
    public void Save(bool isWake = false)
    {
        long now = _keys.Now.Milliseconds;
        long next = Earliest();
        bool isLate = next != 0 && (_state.Timer == 0 || next < _state.Timer);
        bool isOver = _state.Timer != 0 && _state.Timer <= now && (next == 0 || next > now);
        if (isWake || isLate || isOver)
        {
            SetTimer(next == 0 ? 0 : Math.Max(next, now));
        }

        var value = new ByteWriter(192 + _state.Settings.DeadLetterRoot.Length);
        _state.Write(value);
        _keys.Put(_root, value.Written);
    }

    /// <summary>Whether so many more messages and bytes fit.</summary>
    public bool HasRoom(long messages, long bytes)
    {
        StoredQueueSettings settings = _state.Settings;
        return (settings.MaxLength == 0 || _state.Length + _state.Reserved + messages <= settings.MaxLength)
            && (settings.MaxBytes == 0 || _state.Bytes + _state.ReservedBytes + bytes <= settings.MaxBytes);
    }

    /// <summary>Takes a message in behind all others.</summary>
    /// <param name="message">Not over a record; its order is given here.</param>
    public void Add(in QueueMessage message)
    {
        _state.Bytes += message.Content.Length;
        if (message.Group.IsEmpty)
        {
            Place(message);
            return;
        }

        Span<byte> key = stackalloc byte[QueueKey.BytesMax];
        ReadOnlySpan<byte> group = QueueKey.Group(key, _root, message.Group);
        if (!_keys.TryGet(group, out _))
        {
            _keys.Put(group, []);
            Place(message);
            return;
        }

        _keys.Put(QueueKey.Behind(key, _root, message.Group, message.Order), message.ToArray());
        _state.Behind++;
    }

    /// <summary>The order of the next message.</summary>
    public ulong TakeOrder() => _state.NextOrder++;

    /// <summary>Delivers the first ready message to a request. There must be one.</summary>
    public ByteWriter Deliver(SessionId session, ulong sequence, ReceiveRequest receiver)
    {
        Span<byte> prefixBytes = stackalloc byte[QueueKey.BytesMax];
        ReadOnlySpan<byte> prefix = QueueKey.Ready(prefixBytes, _root);
        if (!_keys.TryNext(prefix, prefix, out RecordView record))
        {
            throw new InvalidOperationException("A queue counts a ready message that is not there.");
        }

        return DeliverReady(QueueMessage.Read(record.Value), session, sequence, receiver);
    }

    /// <summary>Delivers to a request for several, whose last number this is, what is ready; no more bytes than one run
    /// takes.</summary>
    /// <returns>How many.</returns>
    public int Deliver(SessionId session, ulong last, int count, ReceiveRequest receiver)
    {
        int delivered = 0;
        int bytes = 0;
        ulong after = 0;
        while (_state.Ready > 0 && delivered < count && bytes < EnqueueBatch.BytesMax
            && TryReady(after, out byte[] stored, out after))
        {
            delivered++;
            ulong sequence = last - (ulong)(count - delivered);
            bytes += DeliverReady(QueueMessage.Read(stored), session, sequence, receiver).Length;
        }

        return delivered;
    }

    /// <summary>Puts a request in line, or refuses it where that is full.</summary>
    public bool TryWait(SessionId session, ulong sequence, ReceiveRequest receiver, OperationAnswer answer)
    {
        if (_state.Waiting >= AcquireHold.LineMax)
        {
            Reply.Refuse(answer, RefusalCode.LineFull).WriteInt32((int)_state.Waiting);
            return false;
        }

        HoldLine.Append(_keys, _root, session, sequence, _state.NextPlace++, Written(receiver));
        _state.Waiting++;
        return true;
    }

    /// <summary>Takes a request out of line.</summary>
    public bool Leave(SessionId session, ulong sequence)
    {
        if (!HoldLine.Remove(_keys, _root, session, sequence))
        {
            return false;
        }

        _state.Waiting--;
        return true;
    }

    /// <summary>A delivery has ended well: its message is gone.</summary>
    public void Complete(ReadOnlySpan<byte> holdKey, ReadOnlySpan<byte> delivery)
    {
        QueueMessage message = DeliveryRecord.Read(delivery).Message;
        byte[] group = message.Group.ToArray();
        int bytes = message.Content.Length;
        EndDelivery(holdKey);
        _state.Bytes -= bytes;
        Advance(group);
    }

    /// <summary>A delivery was given back: the message goes to its old place.</summary>
    public void Return(ReadOnlySpan<byte> holdKey, ReadOnlySpan<byte> delivery)
    {
        byte[] copy = delivery.ToArray();
        QueueMessage message = DeliveryRecord.Read(copy).Message;
        EndDelivery(holdKey);
        Place(message.Back(due: default, message.Failures));
    }

    /// <summary>A delivery has failed: the message comes back to its old place, later if so asked, or is
    /// dead-lettered.</summary>
    public void Fail(
        ReadOnlySpan<byte> holdKey, ReadOnlySpan<byte> delivery, long retryAfter, ReadOnlySpan<byte> reason)
    {
        byte[] copy = delivery.ToArray();
        QueueMessage message = DeliveryRecord.Read(copy).Message;
        int failures = message.Failures + 1;
        EndDelivery(holdKey);
        if (failures >= _state.Settings.MaxFailures && DeadLetterRoot() is { } dead)
        {
            Bury(message.Back(due: default, failures), dead, reason);
            return;
        }

        Place(message.Back(retryAfter == 0 ? default : new(_keys.Now.Milliseconds + retryAfter), failures));
    }

    /// <summary>A delivery has failed for good.</summary>
    /// <returns>False when there is no queue for dead letters; nothing was done.</returns>
    public bool TryDeadLetter(ReadOnlySpan<byte> holdKey, ReadOnlySpan<byte> delivery, ReadOnlySpan<byte> reason)
    {
        if (DeadLetterRoot() is not { } dead)
        {
            return false;
        }

        byte[] copy = delivery.ToArray();
        QueueMessage message = DeliveryRecord.Read(copy).Message;
        EndDelivery(holdKey);
        Bury(message.Back(due: default, message.Failures + 1), dead, reason);
        return true;
    }

    /// <summary>Moves the end of a delivery.</summary>
    public void Extend(ReadOnlySpan<byte> holdKey, in RecordView hold, long visibility)
    {
        var until = new LogTime(_keys.Now.Milliseconds + visibility);
        SessionId owner = hold.Owner;
        ByteWriter extended = DeliveryRecord.Read(hold.Value).Extended(until);
        _keys.Put(holdKey, extended.Written, owner);
        NoteEnd(until.Milliseconds);
    }

    /// <summary>The root of the queue for dead letters.</summary>
    public byte[]? DeadLetterRoot() => _state.Settings.DeadLetterRoot.IsEmpty
        ? DeadLetterQueue.DefaultOf(_root)
        : _state.Settings.DeadLetterRoot.ToArray();

    /// <summary>Goes on to the next of a group whose first message has left the queue.</summary>
    public void Advance(ReadOnlySpan<byte> group)
    {
        if (group.IsEmpty)
        {
            return;
        }

        Span<byte> key = stackalloc byte[QueueKey.BytesMax];
        ReadOnlySpan<byte> prefix = QueueKey.Behind(key, _root, group);
        if (!_keys.TryNext(prefix, prefix, out RecordView record))
        {
            _keys.Delete(QueueKey.Group(key, _root, group));
            return;
        }

        byte[] copy = record.Value.ToArray();
        QueueMessage message = QueueMessage.Read(copy);
        _keys.Delete(QueueKey.Behind(key, _root, group, message.Order));
        _state.Behind--;
        Place(message);
    }

    /// <summary>A message that is the first of its group, or has none: delayed, to a receiver, or ready.</summary>
    private void Place(in QueueMessage message)
    {
        Span<byte> key = stackalloc byte[QueueKey.BytesMax];
        if (message.Due.Milliseconds > _keys.Now.Milliseconds)
        {
            _keys.Put(QueueKey.Delayed(key, _root, message.Due, message.Order), message.ToArray());
            _state.Delayed++;
            _state.NextDue = First(_state.NextDue, message.Due.Milliseconds);
        }
        else if (_state.Ready > 0 || !TryPush(message))
        {
            _keys.Put(QueueKey.Ready(key, _root, message.Order), message.ToArray());
            _state.Ready++;
        }
    }

    /// <summary>Delivers to the first in line, if there is one.</summary>
    private bool TryPush(in QueueMessage message)
    {
        while (_state.Waiting > 0 && GrantsLeft > 0)
        {
            if (!HoldLine.TryFirst(_keys, _root, _firstInLine, out LinePlace place))
            {
                throw new MalformedDataException("Malformed data: a queue counts more in line than stand there.");
            }

            // A session that is ending gets nothing more: what it asked for only leaves the line.
            (SessionId session, ulong sequence, ulong number) = (place.Session, place.Sequence, place.Number);
            bool isGone = SessionRecord.TryRead(_keys, session, out SessionRecord record) && !record.IsOpen;
            ReceiveRequest request = ReceiveRequest.ReadPlace(place.Request);
            int more = isGone ? 0 : request.Left - 1;
            ByteWriter delivery = Encode(message, request, out LogTime until);
            GrantsLeft--;
            if (more > 0)
            {
                HoldLine.Replace(_keys, _root, place, Written(request.WithLeft(more)));
            }
            else
            {
                HoldLine.Remove(_keys, _root, session, sequence, number);
                _firstInLine = number + 1;
                _state.Waiting--;
            }

            if (!isGone)
            {
                Hold(session, sequence - (ulong)more, delivery, until);
                return true;
            }
        }

        return false;
    }

    /// <summary>A ready message is delivered to a request. It may lie in the record that this deletes.</summary>
    private ByteWriter DeliverReady(
        scoped in QueueMessage message, SessionId session, ulong sequence, ReceiveRequest receiver)
    {
        Span<byte> key = stackalloc byte[QueueKey.BytesMax];
        ulong order = message.Order;
        ByteWriter delivery = Encode(message, receiver, out LogTime until);
        _keys.Delete(QueueKey.Ready(key, _root, order));
        _state.Ready--;
        Hold(session, sequence, delivery, until);
        return delivery;
    }

    private bool IsFirstForSeveral() =>
        HoldLine.TryFirst(_keys, _root, _firstInLine, out LinePlace place)
        && ReceiveRequest.ReadPlace(place.Request).Left > 1;

    private static ReadOnlySpan<byte> Written(ReceiveRequest receiver)
    {
        var request = new ByteWriter(16 + receiver.Process.Length);
        receiver.Write(request);
        return request.Written;
    }

    private ByteWriter Encode(in QueueMessage message, ReceiveRequest receiver, out LogTime until)
    {
        long visibility = receiver.Visibility == 0 ? _state.Settings.Visibility : receiver.Visibility;
        until = new(_keys.Now.Milliseconds + visibility);
        return DeliveryRecord.Encode(message, until, _keys.Now, receiver.Process);
    }

    private void Hold(SessionId session, ulong sequence, ByteWriter delivery, LogTime until)
    {
        Span<byte> key = stackalloc byte[HoldKey.BytesMax];
        _keys.Put(HoldKey.Write(key, RecordKind.Hold, _root, session, sequence), delivery.Written, session);
        _state.InFlight++;
        NoteEnd(until.Milliseconds);
    }

    private void EndDelivery(ReadOnlySpan<byte> holdKey)
    {
        _keys.Delete(holdKey);
        _state.InFlight--;
        if (_state.InFlight == 0)
        {
            (_state.NextEnd, _state.EndCursor, _state.EndFound) = (0, default, 0);
        }
    }

    /// <summary>Moves a message to the queue for dead letters, in this same entry; bounds do not count there, for it
    /// must not be lost.</summary>
    private void Bury(in QueueMessage message, byte[] dead, ReadOnlySpan<byte> reason)
    {
        byte[] note = new DeadLetterNote
        {
            Source = _root,
            At = _keys.Now,
            Deliveries = message.Deliveries,
            Failures = message.Failures,
            Reason = reason,
        }.ToArray();
        OpenQueue target = Open(_keys, dead, GrantsLeft);
        target.Add(message.Moved(target.TakeOrder(), _keys.Now, note));
        target.Save();
        GrantsLeft = target.GrantsLeft;
        _state.Bytes -= message.Content.Length;
        _state.DeadLettered++;
        Advance(message.Group);
    }

    private static long First(long moment, long other) => moment == 0 ? other : Math.Min(moment, other);
}

using Concord.Engines;

namespace Concord.Operations.Queues;

/// <content>Taking out messages that nobody holds.</content>
internal sealed partial class OpenQueue
{
    /// <summary>Deletes up to so many messages that nobody holds.</summary>
    public int Purge(int budget)
    {
        // Those behind others first: then the end of a group is the end of its first message.
        Span<byte> prefix = stackalloc byte[QueueKey.BytesMax];
        int behind = Purge(QueueKey.Behind(prefix, _root), budget);
        _state.Behind -= behind;
        if (_state.Behind > 0)
        {
            return behind;
        }

        int ready = Purge(QueueKey.Ready(prefix, _root), budget - behind);
        _state.Ready -= ready;
        int delayed = Purge(QueueKey.Delayed(prefix, _root), budget - behind - ready);
        _state.Delayed -= delayed;
        _state.NextDue = _state.Delayed == 0 ? 0 : _state.NextDue;
        return behind + ready + delayed;
    }

    /// <summary>The first ready message behind a place, and its place.</summary>
    public bool TryReady(ulong after, out byte[] message, out ulong order)
    {
        Span<byte> prefixBytes = stackalloc byte[QueueKey.BytesMax];
        Span<byte> afterBytes = stackalloc byte[QueueKey.BytesMax];
        bool found = _keys.TryNext(
            QueueKey.Ready(prefixBytes, _root), QueueKey.Ready(afterBytes, _root, after), out RecordView record);
        message = found ? record.Value.ToArray() : [];
        order = found ? QueueKey.OrderOf(record.Key) : 0;
        return found;
    }

    /// <summary>Takes a ready message out; it lives on elsewhere.</summary>
    public void Remove(in QueueMessage message)
    {
        Span<byte> key = stackalloc byte[QueueKey.BytesMax];
        _keys.Delete(QueueKey.Ready(key, _root, message.Order));
        _state.Ready--;
        _state.Bytes -= message.Content.Length;
        Advance(message.Group);
    }

    private int Purge(scoped ReadOnlySpan<byte> prefix, int budget)
    {
        Span<byte> afterBytes = stackalloc byte[QueueKey.BytesMax];
        Span<byte> group = stackalloc byte[QueueKey.GroupBytesMax];
        Span<byte> groupKey = stackalloc byte[QueueKey.BytesMax];
        scoped ReadOnlySpan<byte> after = prefix;
        int purged = 0;
        while (purged < budget && _keys.TryNext(prefix, after, out RecordView record))
        {
            QueueMessage message = QueueMessage.Read(record.Value);
            int groupBytes = message.Group.Length;
            message.Group.CopyTo(group);
            _state.Bytes -= message.Content.Length;
            record.Key.CopyTo(afterBytes);
            after = afterBytes[..record.Key.Length];
            _keys.Delete(after);
            purged++;
            if (groupBytes > 0 && _state.Behind == 0)
            {
                _keys.Delete(QueueKey.Group(groupKey, _root, group[..groupBytes]));
            }
        }

        return purged;
    }
}

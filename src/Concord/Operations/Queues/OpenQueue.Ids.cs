using System.Buffers.Binary;
using Concord.Engines;

namespace Concord.Operations.Queues;

/// <content>The message ids that were seen.</content>
internal sealed partial class OpenQueue
{
    /// <summary>How long a message id is remembered after its message was enqueued, whatever became of it.</summary>
    public static readonly TimeSpan IdRetention = IdempotencyRecord.Retention;

    /// <summary>Whether a message with this id was enqueued within the retention.</summary>
    public bool Remembers(ReadOnlySpan<byte> id)
    {
        Span<byte> key = stackalloc byte[QueueKey.BytesMax];
        return !id.IsEmpty
            && _keys.TryGet(QueueKey.Id(key, _root, id), out RecordView record)
            && ForgottenAt(record.Value) > _keys.Now.Milliseconds;
    }

    /// <summary>Remembers an id, from now on.</summary>
    public void Remember(ReadOnlySpan<byte> id)
    {
        if (id.IsEmpty)
        {
            return;
        }

        Span<byte> key = stackalloc byte[QueueKey.BytesMax];
        if (_keys.TryGet(QueueKey.Id(key, _root, id), out RecordView stale))
        {
            long forgotten = ForgottenAt(stale.Value);
            _keys.Delete(QueueKey.Forget(key, _root, new(forgotten), id));
        }

        long at = _keys.Now.Milliseconds + (long)IdRetention.TotalMilliseconds;
        Span<byte> value = stackalloc byte[8];
        BinaryPrimitives.WriteInt64LittleEndian(value, at);
        _keys.Put(QueueKey.Id(key, _root, id), value);
        _keys.Put(QueueKey.Forget(key, _root, new(at), id), []);
        _state.NextForget = First(_state.NextForget, at);
    }

    private void ForgetIds(int budget)
    {
        Span<byte> prefixBytes = stackalloc byte[QueueKey.BytesMax];
        Span<byte> key = stackalloc byte[QueueKey.BytesMax];
        Span<byte> id = stackalloc byte[QueueKey.IdBytesMax];
        ReadOnlySpan<byte> prefix = QueueKey.Forget(prefixBytes, _root);
        ReadOnlySpan<byte> after = prefix;
        while (_keys.TryNext(prefix, after, out RecordView record))
        {
            (LogTime at, int idBytes) = QueueKey.ForgetOf(record.Key, _root);
            _state.NextForget = at.Milliseconds;
            if (at.Milliseconds > _keys.Now.Milliseconds || budget-- == 0)
            {
                return;
            }

            record.Key[^idBytes..].CopyTo(id);
            _keys.Delete(QueueKey.Id(key, _root, id[..idBytes]));
            after = QueueKey.Forget(key, _root, at, id[..idBytes]);
            _keys.Delete(after);
        }

        _state.NextForget = 0;
    }

    private static long ForgottenAt(ReadOnlySpan<byte> value) => BinaryPrimitives.ReadInt64LittleEndian(value);
}

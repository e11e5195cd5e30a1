using Concord.Encoding;
using Concord.Engines;

namespace Concord.Operations;

/// <summary>Forgets answers under idempotency keys that are older than the retention. Arguments: record keys; each is
/// looked at again, for it may have been written anew since the leader looked.</summary>
internal static class ExpireIdempotency
{
    public const int KeysMax = 60;

    public static void Run(ref ByteReader arguments, in OperationContext context, IKeyspace keys,
        OperationAnswer answer)
    {
        while (arguments.Remaining > 0)
        {
            ReadOnlySpan<byte> key = arguments.ReadBytes();
            if (key.Length > 3
                && RecordKey.KindOf(key) == RecordKind.Idempotency
                && keys.TryGet(key, out RecordView record)
                && keys.Now - IdempotencyRecord.WrittenAt(record.Value) > IdempotencyRecord.Retention)
            {
                keys.Delete(key);
            }
        }

        Reply.Done(answer, OperationCode.ExpireIdempotency);
    }
}

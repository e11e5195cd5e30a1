using System.Buffers.Binary;

namespace Concord.Cli.Bench.Etcd;

/// <summary>
/// The transactions that etcd's own client packages build locks and counters of (<c>clientv3/concurrency</c>,
/// <c>rpc.proto</c>): compare, then one of two lists of requests, in one step.
/// </summary>
internal static class EtcdRecipes
{
    /// <summary>Enough for each message here, with names of <see cref="NameBytesMax"/>.</summary>
    public const int MessageBytesMax = 512;

    public const int NameBytesMax = 48;

    private const int TargetCreated = 1;
    private const int TargetModified = 2;
    private const int FieldCreated = 5;
    private const int FieldModified = 6;

    /// <summary>LeaseGrantRequest: TTL 1.</summary>
    public static int WriteLease(Span<byte> target, int seconds) =>
        EtcdMessages.WriteNumber(target, 1, (ulong)seconds);

    /// <summary>LockRequest of the lock service, which runs the recipe beside the server: name 1, lease 2.</summary>
    public static int WriteLock(Span<byte> target, ReadOnlySpan<byte> name, long lease)
    {
        int at = EtcdMessages.WriteField(target, 1, name);
        return at + EtcdMessages.WriteNumber(target[at..], 2, (ulong)lease);
    }

    /// <summary>DeleteRangeRequest: key 1.</summary>
    public static int WriteDelete(Span<byte> target, ReadOnlySpan<byte> key) => EtcdMessages.WriteField(target, 1, key);

    /// <summary>What a mutex does first: makes its key under its lease unless it is there, and asks in the same step
    /// whose key is the oldest under the prefix. It holds the lock if that is its own.</summary>
    public static int WriteMutex(Span<byte> target, ReadOnlySpan<byte> key, ReadOnlySpan<byte> prefix, long lease)
    {
        Span<byte> put = stackalloc byte[MessageBytesMax];
        int length = EtcdMessages.WriteField(put, 1, key);
        length += EtcdMessages.WriteNumber(put[length..], 3, (ulong)lease);
        Span<byte> oldest = stackalloc byte[MessageBytesMax];
        int rangeLength = WriteOldest(oldest, prefix);
        int at = WriteComparison(target, key, TargetCreated, FieldCreated, 0);
        at += WriteRequest(target[at..], branch: 2, kind: 2, put[..length]);
        at += WriteRequest(target[at..], branch: 2, kind: 1, oldest[..rangeLength]);
        return at + WriteRequest(target[at..], branch: 3, kind: 1, oldest[..rangeLength]);
    }

    /// <summary>Sets a number if nobody has changed it since; otherwise reads it, which spares the next read.</summary>
    public static int WriteExchange(Span<byte> target, ReadOnlySpan<byte> key, ulong modified, long number)
    {
        Span<byte> value = stackalloc byte[sizeof(long)];
        BinaryPrimitives.WriteInt64LittleEndian(value, number);
        Span<byte> put = stackalloc byte[MessageBytesMax];
        int length = EtcdMessages.WriteField(put, 1, key);
        length += EtcdMessages.WriteField(put[length..], 2, value);
        int at = WriteComparison(target, key, TargetModified, FieldModified, modified);
        at += WriteRequest(target[at..], branch: 2, kind: 2, put[..length]);
        length = EtcdMessages.WriteRange(put, key);
        return at + WriteRequest(target[at..], branch: 3, kind: 1, put[..length]);
    }

    /// <summary>TxnRequest, compare 1 of one Compare: result 1 (equal), target 2, key 3, the revision.</summary>
    private static int WriteComparison(
        Span<byte> target, ReadOnlySpan<byte> key, int what, int revisionField, ulong revision)
    {
        Span<byte> compare = stackalloc byte[MessageBytesMax];
        int length = EtcdMessages.WriteNumber(compare, 2, (ulong)what);
        length += EtcdMessages.WriteField(compare[length..], 3, key);
        length += EtcdMessages.WriteNumber(compare[length..], revisionField, revision);
        return EtcdMessages.WriteField(target, 1, compare[..length]);
    }

    /// <summary>One RequestOp, request_range 1 or request_put 2, of success 2 or failure 3.</summary>
    private static int WriteRequest(Span<byte> target, int branch, int kind, ReadOnlySpan<byte> request)
    {
        Span<byte> operation = stackalloc byte[MessageBytesMax];
        int length = EtcdMessages.WriteField(operation, kind, request);
        return EtcdMessages.WriteField(target, branch, operation[..length]);
    }

    /// <summary>RangeRequest: key 1, range_end 2 (the prefix with its last byte one up), limit 3, sort_order 5
    /// (ascending), sort_target 6 (by creation).</summary>
    private static int WriteOldest(Span<byte> target, ReadOnlySpan<byte> prefix)
    {
        Span<byte> end = stackalloc byte[prefix.Length];
        prefix.CopyTo(end);
        end[^1]++;
        int at = EtcdMessages.WriteField(target, 1, prefix);
        at += EtcdMessages.WriteField(target[at..], 2, end);
        at += EtcdMessages.WriteNumber(target[at..], 3, 1);
        at += EtcdMessages.WriteNumber(target[at..], 5, 1);
        return at + EtcdMessages.WriteNumber(target[at..], 6, 2);
    }
}

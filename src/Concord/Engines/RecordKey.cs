using System.Buffers.Binary;

namespace Concord.Engines;

/// <summary>What a record is. Part of the stored key format; numbers are never reused.</summary>
internal enum RecordKind : byte
{
    /// <summary>A user's value.</summary>
    Value = 1,

    /// <summary>A user's counter.</summary>
    Counter = 2,

    /// <summary>The root of a lock.</summary>
    Lock = 3,

    /// <summary>The root of an election.</summary>
    Election = 4,

    /// <summary>The root of a semaphore: its limit.</summary>
    Semaphore = 5,

    /// <summary>The root of a queue: its settings and counts.</summary>
    Queue = 6,

    /// <summary>A user's sequence.</summary>
    Sequence = 7,

    /// <summary>The root of a group of live members.</summary>
    Group = 8,

    /// <summary>What unfinished transactions hold on a value or a counter: locks and reservations.</summary>
    Intent = 0x40,

    /// <summary>A committed transaction whose participants have not all been told.</summary>
    Decision = 0x41,

    /// <summary>The answers of a session in a slot.</summary>
    Answers = 0x43,

    /// <summary>The answer under an idempotency key.</summary>
    Idempotency = 0x45,

    /// <summary>What a session holds of a root: a lock, a leadership, permits, a delivery, a membership. Its create
    /// revision is the fencing token.</summary>
    Hold = 0x46,

    /// <summary>That a session stands in line at a root.</summary>
    Claim = 0x47,

    /// <summary>A place in the line of a root.</summary>
    Place = 0x48,

    /// <summary>When something is to be done at a root by itself.</summary>
    Timer = 0x49,

    /// <summary>A message of a queue that nobody holds.</summary>
    Message = 0x4A,

    /// <summary>What a queue must find in another order: by time, by group, by message id.</summary>
    QueueIndex = 0x4B,

    /// <summary>Of the shard: a transaction prepared here, in doubt.</summary>
    Prepared = 0x80,

    /// <summary>Of the shard: a session registered here.</summary>
    Session = 0x81,

    /// <summary>Of the shard: its genesis, its level, its floors.</summary>
    System = 0x82,
}

/// <summary>
/// The stored key: slot (2 bytes, big-endian, so that a slot is a range), kind, and what the kind asks for. For what
/// has a name: namespace, a zero byte, name, both UTF-8.
/// </summary>
internal static class RecordKey
{
    public const int NamespaceBytesMax = 64;
    public const int NameBytesMax = 512;
    private const int HeadBytes = 3;

    public static Slot SlotOf(ReadOnlySpan<byte> key) => new(BinaryPrimitives.ReadUInt16BigEndian(key));

    public static RecordKind KindOf(ReadOnlySpan<byte> key) => (RecordKind)key[2];

    /// <summary>Everything behind slot and kind.</summary>
    public static ReadOnlySpan<byte> TailOf(ReadOnlySpan<byte> key) => key[HeadBytes..];

    /// <summary>The key of something with a name; its slot comes from the <c>{tag}</c> in the name.</summary>
    public static byte[] Named(RecordKind kind, string @namespace, string name)
    {
        // Before the hash, which copies both to the stack: a name of megabytes must be an argument error.
        CheckNames(@namespace, name);
        return Named(SlotHash.Of(@namespace, name), kind, @namespace, name);
    }

    /// <summary>The key of something with a name in a slot that was chosen otherwise.</summary>
    public static byte[] Named(Slot slot, RecordKind kind, string @namespace, string name)
    {
        CheckNames(@namespace, name);
        System.Text.Encoding utf8 = System.Text.Encoding.UTF8;
        int namespaceBytes = utf8.GetByteCount(@namespace);
        byte[] key = new byte[HeadBytes + namespaceBytes + 1 + utf8.GetByteCount(name)];
        WriteHead(key, slot, kind);
        utf8.GetBytes(@namespace, key.AsSpan(HeadBytes));
        utf8.GetBytes(name, key.AsSpan(HeadBytes + namespaceBytes + 1));
        return key;
    }

    /// <summary>The namespace and name in the key of something that has them.</summary>
    public static (string Namespace, string Name) NameOf(ReadOnlySpan<byte> key)
    {
        ReadOnlySpan<byte> tail = TailOf(key);
        int zero = tail.IndexOf((byte)0);
        return (System.Text.Encoding.UTF8.GetString(tail[..zero]),
            System.Text.Encoding.UTF8.GetString(tail[(zero + 1)..]));
    }

    /// <summary>Writes slot, kind and tail; returns the part of <paramref name="target"/> that was used.</summary>
    public static Span<byte> Write(Span<byte> target, Slot slot, RecordKind kind, ReadOnlySpan<byte> tail)
    {
        WriteHead(target, slot, kind);
        tail.CopyTo(target[HeadBytes..]);
        return target[..(HeadBytes + tail.Length)];
    }

    /// <summary>Writes the key of what belongs to a session.</summary>
    public static Span<byte> Write(Span<byte> target, Slot slot, RecordKind kind, SessionId session)
    {
        WriteHead(target, slot, kind);
        BinaryPrimitives.WriteUInt64BigEndian(target[HeadBytes..], session.Value);
        return target[..(HeadBytes + 8)];
    }

    /// <summary>Writes the key of what belongs to a request or a transaction.</summary>
    public static Span<byte> Write(Span<byte> target, Slot slot, RecordKind kind, RequestKey request)
    {
        WriteHead(target, slot, kind);
        BinaryPrimitives.WriteUInt16BigEndian(target[HeadBytes..], request.Slot.Value);
        BinaryPrimitives.WriteUInt64BigEndian(target[(HeadBytes + 2)..], request.Session.Value);
        BinaryPrimitives.WriteUInt64BigEndian(target[(HeadBytes + 10)..], request.Sequence);
        return target[..(HeadBytes + RequestKey.EncodedBytes)];
    }

    /// <summary>The request in a key that <see cref="Write(Span{byte}, Slot, RecordKind, RequestKey)"/> made.</summary>
    public static RequestKey RequestOf(ReadOnlySpan<byte> key)
    {
        ReadOnlySpan<byte> tail = TailOf(key);
        return new(
            new(BinaryPrimitives.ReadUInt16BigEndian(tail)),
            new(BinaryPrimitives.ReadUInt64BigEndian(tail[2..])),
            BinaryPrimitives.ReadUInt64BigEndian(tail[10..]));
    }

    private static void WriteHead(Span<byte> target, Slot slot, RecordKind kind)
    {
        BinaryPrimitives.WriteUInt16BigEndian(target, slot.Value);
        target[2] = (byte)kind;
    }

    /// <exception cref="ArgumentException">It cannot be the name of anything.</exception>
    public static void CheckName(string name, string parameter) =>
        CheckText(name, NameBytesMax, allowEmpty: false, parameter);

    private static void CheckNames(string @namespace, string name)
    {
        CheckText(@namespace, NamespaceBytesMax, allowEmpty: true, nameof(@namespace));
        CheckName(name, nameof(name));
    }

    private static void CheckText(string text, int bytesMax, bool allowEmpty, string parameter)
    {
        ArgumentNullException.ThrowIfNull(text, parameter);
        if ((text.Length == 0 && !allowEmpty) || text.Contains('\0')
            || System.Text.Encoding.UTF8.GetByteCount(text) > bytesMax)
        {
            throw new ArgumentException(
                $"'{parameter}' must be {(allowEmpty ? 0 : 1)} to {bytesMax} bytes of UTF-8 without a zero character.",
                    parameter);
        }
    }
}

namespace Concord.Cli.Bench.Etcd;

/// <summary>The few messages of etcd's API (rpc.proto, version 3) that a load needs, in protobuf.</summary>
internal static class EtcdMessages
{
    public const string Put = "/etcdserverpb.KV/Put";
    public const string Range = "/etcdserverpb.KV/Range";
    public const string Status = "/etcdserverpb.Maintenance/Status";
    public const string Txn = "/etcdserverpb.KV/Txn";
    public const string Delete = "/etcdserverpb.KV/DeleteRange";
    public const string LeaseGrant = "/etcdserverpb.Lease/LeaseGrant";
    public const string Lock = "/v3lockpb.Lock/Lock";

    private const int WireVarint = 0;
    private const int WireFixed64 = 1;
    private const int WireBytes = 2;

    /// <summary>The most bytes of a request besides its key and value.</summary>
    public const int OverheadBytes = 16;

    /// <summary>PutRequest: key 1, value 2.</summary>
    public static int WritePut(Span<byte> target, ReadOnlySpan<byte> key, ReadOnlySpan<byte> value)
    {
        int at = WriteField(target, 1, key);
        return at + WriteField(target[at..], 2, value);
    }

    /// <summary>RangeRequest: key 1. Without more it asks for one key, linearizably.</summary>
    public static int WriteRange(Span<byte> target, ReadOnlySpan<byte> key) => WriteField(target, 1, key);

    /// <summary>RangeResponse: whether it has a value, kvs 2.</summary>
    public static bool HasValue(ReadOnlySpan<byte> response) => Find(response, 2, out _);

    /// <summary>StatusResponse: header 1 with member_id 2, leader 4.</summary>
    public static bool IsLeader(ReadOnlySpan<byte> response)
    {
        ReadOnlySpan<byte> header = FindBytes(response, 1);
        return Find(header, 2, out ulong member) && Find(response, 4, out ulong leader) && member == leader;
    }

    /// <summary>The number in a field; 0 where it is not there, as protobuf has it.</summary>
    public static ulong Number(ReadOnlySpan<byte> message, int field) =>
        Find(message, field, out ulong number) ? number : 0;

    /// <summary>TxnResponse: the last of responses 3 that is a response_range 1.</summary>
    public static ReadOnlySpan<byte> FindRange(ReadOnlySpan<byte> response)
    {
        ReadOnlySpan<byte> found = [];
        while (!response.IsEmpty)
        {
            ReadOnlySpan<byte> bytes = ReadField(ref response, out int field, out _);
            if (field == 3 && FindBytes(bytes, 1) is { IsEmpty: false } range)
            {
                found = range;
            }
        }

        return found;
    }

    public static int WriteNumber(Span<byte> target, int field, ulong value)
    {
        target[0] = (byte)((field << 3) | WireVarint);
        return 1 + WriteVarint(target[1..], value);
    }

    /// <summary>A field of bytes, or one message within another.</summary>
    public static int WriteField(Span<byte> target, int field, ReadOnlySpan<byte> value)
    {
        target[0] = (byte)((field << 3) | WireBytes);
        int at = 1 + WriteVarint(target[1..], (ulong)value.Length);
        value.CopyTo(target[at..]);
        return at + value.Length;
    }

    private static int WriteVarint(Span<byte> target, ulong value)
    {
        int at = 0;
        for (; value >= 0x80; value >>= 7)
        {
            target[at++] = (byte)(value | 0x80);
        }

        target[at] = (byte)value;
        return at + 1;
    }

    /// <summary>The bytes of the first field of that number; none where it is not there.</summary>
    public static ReadOnlySpan<byte> FindBytes(ReadOnlySpan<byte> message, int wanted)
    {
        while (!message.IsEmpty)
        {
            ReadOnlySpan<byte> bytes = ReadField(ref message, out int field, out _);
            if (field == wanted)
            {
                return bytes;
            }
        }

        return [];
    }

    private static bool Find(ReadOnlySpan<byte> message, int wanted, out ulong number)
    {
        number = 0;
        while (!message.IsEmpty)
        {
            ReadField(ref message, out int field, out number);
            if (field == wanted)
            {
                return true;
            }
        }

        return false;
    }

    private static ReadOnlySpan<byte> ReadField(scoped ref ReadOnlySpan<byte> message, out int field, out ulong number)
    {
        ulong tag = ReadVarint(ref message);
        field = (int)(tag >> 3);
        number = (int)(tag & 7) is WireVarint or WireBytes ? ReadVarint(ref message) : 0;
        int length = (int)(tag & 7) switch
        {
            WireVarint => 0,
            WireFixed64 => sizeof(ulong),
            WireBytes => (int)number,
            _ => sizeof(uint),
        };
        ReadOnlySpan<byte> bytes = message[..length];
        message = message[length..];
        return bytes;
    }

    private static ulong ReadVarint(scoped ref ReadOnlySpan<byte> message)
    {
        ulong value = 0;
        for (int shift = 0; ; shift += 7)
        {
            byte next = message[0];
            message = message[1..];
            value |= (ulong)(next & 0x7F) << shift;
            if (next < 0x80)
            {
                return value;
            }
        }
    }
}

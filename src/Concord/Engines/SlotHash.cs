using System.Buffers.Binary;
using System.Numerics;

namespace Concord.Engines;

/// <summary>Where a name lives: the hash of its namespace and of the text in its first <c>{…}</c>, or of all of
/// it.</summary>
internal static class SlotHash
{
    /// <summary>The slot of a name. Part of the stored key format: it never changes.</summary>
    public static Slot Of(string @namespace, string name)
    {
        ReadOnlySpan<char> tag = TagOf(name);
        System.Text.Encoding utf8 = System.Text.Encoding.UTF8;
        Span<byte> text = stackalloc byte[utf8.GetMaxByteCount(@namespace.Length + tag.Length) + 1];
        int length = utf8.GetBytes(@namespace, text);
        text[length++] = 0;
        length += utf8.GetBytes(tag, text[length..]);
        return new((ushort)(Hash(text[..length]) % Slot.Count));
    }

    /// <summary>The text in the first <c>{…}</c> that is not empty, or the whole name.</summary>
    public static ReadOnlySpan<char> TagOf(ReadOnlySpan<char> name)
    {
        int open = name.IndexOf('{');
        int length = open < 0 ? -1 : name[(open + 1)..].IndexOf('}');
        return length > 0 ? name.Slice(open + 1, length) : name;
    }

    /// <summary>A 64-bit hash, the same on every machine and for ever; not for secrets.</summary>
    public static ulong Hash(ReadOnlySpan<byte> data, ulong seed = 0)
    {
        ulong hash = seed ^ (0x9E3779B97F4A7C15UL * (ulong)(data.Length + 1));
        ulong tail = TailOf(data);
        while (data.Length >= 8)
        {
            hash = Mix(hash ^ BinaryPrimitives.ReadUInt64LittleEndian(data), 0xA0761D6478BD642FUL);
            data = data[8..];
        }

        return Mix(Mix(hash ^ tail, 0xE7037ED1A0B428DBUL) ^ hash, 0x8EBC6AF09C88C6E3UL);
    }

    /// <summary>The bytes behind the last whole eight, the first of them lowest.</summary>
    private static ulong TailOf(ReadOnlySpan<byte> data)
    {
        int count = data.Length % 8;
        if (data.Length >= 8)
        {
            // The last eight bytes are theirs and some that were hashed before, which are shifted out.
            return count == 0 ? 0 : BinaryPrimitives.ReadUInt64LittleEndian(data[^8..]) >> (8 * (8 - count));
        }

        ulong tail = 0;
        for (int i = 0; i < count; i++)
        {
            tail |= (ulong)data[i] << (8 * i);
        }

        return tail;
    }

    private static ulong Mix(ulong value, ulong factor)
    {
        ulong high = Math.BigMul(value, factor, out ulong low);
        return high ^ BitOperations.RotateLeft(low, 29);
    }
}

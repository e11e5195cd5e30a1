using System.Globalization;
using Concord.Engines;

namespace Concord.Primitives;

/// <summary>What users may take as idempotency keys, and how one is told apart from the same key on another
/// name.</summary>
internal static class IdempotencyKeys
{
    public const int BytesMax = 256;
    private const ulong SecondSeed = 0x5BD1E9955BD1E995UL;

    public static void Check(string? key, string parameter)
    {
        if (key is not null
            && (key.Length is 0 or > BytesMax
                || key.Contains('\0')
                || System.Text.Encoding.UTF8.GetByteCount(key) > BytesMax))
        {
            throw new ArgumentException(
                $"An idempotency key must be 1 to {BytesMax} bytes of UTF-8 without a zero character.", parameter);
        }
    }

    /// <summary>
    /// The key of a single write as the engine keeps it, which knows slots and not names: 128 bits of hash of the
    /// record's key stand before the user's, so that one key can be used on two names that happen to share a slot.
    /// </summary>
    public static string? Of(ReadOnlySpan<byte> recordKey, WriteOptions options)
    {
        if (options.IdempotencyKey is not { } key)
        {
            return null;
        }

        Check(key, nameof(options));
        return string.Create(
            CultureInfo.InvariantCulture,
            $"{SlotHash.Hash(recordKey):x16}{SlotHash.Hash(recordKey, SecondSeed):x16}:{key}");
    }
}

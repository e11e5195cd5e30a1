using System.Buffers.Binary;
using Concord.Engines;

namespace Concord.Primitives;

/// <summary>How long to wait before the next attempt after a conflict: exponential with full jitter, so that those who
/// met do not meet again.</summary>
internal static class Backoff
{
    private static readonly TimeSpan s_first = TimeSpan.FromMilliseconds(1);
    private static readonly TimeSpan s_most = TimeSpan.FromMilliseconds(100);

    /// <summary>Anything from nothing to 1 ms · 2^(attempt − 1), at most 100 ms.</summary>
    /// <param name="attempt">Which attempt has failed, from 1.</param>
    /// <param name="seed">Differs between clients; the same seed gives the same delays.</param>
    public static TimeSpan Delay(int attempt, ulong seed)
    {
        long most = Math.Min(s_most.Ticks, s_first.Ticks << Math.Min(attempt - 1, 7));
        Span<byte> number = stackalloc byte[4];
        BinaryPrimitives.WriteInt32LittleEndian(number, attempt);
        return TimeSpan.FromTicks((long)(SlotHash.Hash(number, seed) % (ulong)(most + 1)));
    }
}

using System.Buffers.Binary;
using Concord.Encoding;
using Concord.Engines;

namespace Concord.Operations.Holds;

/// <summary>
/// Whether the hold that a write rests on is held, asked in the entry that writes. Who was paused, or written off,
/// finds out here: its token is of a hold that is gone.
/// </summary>
internal static class FenceCheck
{
    /// <summary>So many holds of a root are looked at, at most. A hold behind them is not found by its token alone:
    /// where many may hold, fences bring their handle.</summary>
    public const int LooksMax = 512;

    /// <summary>Whether exactly this hold is held.</summary>
    public static bool IsHeld(
        IKeyspace keys, scoped ReadOnlySpan<byte> root, long token, SessionId session, ulong sequence)
    {
        CheckRoot(root);
        Span<byte> key = stackalloc byte[HoldKey.BytesMax];
        return keys.TryGet(HoldKey.Write(key, RecordKind.Hold, root, session, sequence), out RecordView hold)
            && hold.CreateRevision == token;
    }

    /// <summary>Whether a hold with the token is held: that of the handle, or any when the session is none.</summary>
    /// <param name="keys">The records.</param>
    /// <param name="root">What is held.</param>
    /// <param name="token">Its fencing token.</param>
    /// <param name="session">Of the handle, or none.</param>
    /// <param name="sequence">Of the handle.</param>
    /// <param name="current">When it is not: the newest token that is known of the root, zero for none.</param>
    public static bool IsHeld(
        IKeyspace keys,
        scoped ReadOnlySpan<byte> root,
        long token,
        SessionId session,
        ulong sequence,
        out long current)
    {
        current = token;
        if (!session.IsNone && IsHeld(keys, root, token, session, sequence))
        {
            return true;
        }

        CheckRoot(root);
        current = HoldPolicy.IsNamed(RecordKey.KindOf(root)) ? HoldRoot.Read(keys, root).LastToken : 0;
        Span<byte> prefixBytes = stackalloc byte[HoldKey.BytesMax];
        Span<byte> keyBytes = stackalloc byte[HoldKey.BytesMax];
        ReadOnlySpan<byte> prefix = HoldKey.Prefix(prefixBytes, RecordKind.Hold, root);
        scoped ReadOnlySpan<byte> after = prefix;
        for (int looks = 0; looks < LooksMax && keys.TryNext(prefix, after, out RecordView hold); looks++)
        {
            if (session.IsNone && hold.CreateRevision == token)
            {
                current = token;
                return true;
            }

            hold.Key.CopyTo(keyBytes);
            after = keyBytes[..hold.Key.Length];
            current = Math.Max(current, hold.CreateRevision);
        }

        return false;
    }

    /// <summary>Whether what a transaction requires is held; the value of the action is a <see cref="Handle"/> or
    /// empty.</summary>
    public static bool IsHeld(IKeyspace keys, in ActionView action)
    {
        (SessionId session, ulong sequence) = action.Value.IsEmpty ? default : HoldKey.HandleOf(action.Value);
        return IsHeld(keys, action.Key, action.Revision, session, sequence, out _);
    }

    /// <summary>A handle as the value of <see cref="ActionKind.Require"/>.</summary>
    public static byte[] Handle(SessionId session, ulong sequence)
    {
        byte[] handle = new byte[HoldKey.HandleBytes];
        BinaryPrimitives.WriteUInt64BigEndian(handle, session.Value);
        BinaryPrimitives.WriteUInt64BigEndian(handle.AsSpan(sizeof(ulong)), sequence);
        return handle;
    }

    /// <summary>The write is refused: what it rests on is not held.</summary>
    public static void Refuse(OperationAnswer answer, long current) =>
        Reply.Refuse(answer, RefusalCode.FenceRejected).WriteInt64(current);

    /// <summary>The newest token that is known, of a write that was refused with
    /// <see cref="RefusalCode.FenceRejected"/>.</summary>
    /// <param name="body">What follows the frame, as <see cref="Reply.IsDone"/> gave it.</param>
    public static long ReadCurrent(ref ByteReader body) => body.ReadInt64();

    private static void CheckRoot(scoped ReadOnlySpan<byte> root)
    {
        if (root.Length is <= 3 or > IntentTable.TargetKeyBytesMax)
        {
            throw new MalformedDataException($"Malformed data: a fence of a root of {root.Length} bytes.");
        }
    }
}

using Concord.Encoding;
using Concord.Engines;

namespace Concord.Operations;

/// <summary>What an operation is about to do to a record.</summary>
internal enum IntentAccess
{
    Read,
    Write,
}

/// <summary>Whether an addition of a transaction may be reserved.</summary>
internal enum AddOutcome
{
    /// <summary>However the others end, it and they stay within their bounds.</summary>
    Ok,

    /// <summary>However the others end, it leaves its bounds.</summary>
    Violated,

    /// <summary>It depends on how another transaction ends.</summary>
    Blocked,
}

/// <summary>
/// The holds of unfinished transactions on values and counters: one Intent record per record that is held, next to it
/// in its slot, with a list of holds in the order in which they were placed, one per transaction.
/// </summary>
internal static class IntentTable
{
    /// <summary>The longest key of a value or a counter: slot, kind, namespace, a zero, name.</summary>
    public const int TargetKeyBytesMax = 3 + RecordKey.NamespaceBytesMax + 1 + RecordKey.NameBytesMax;

    /// <summary>The longest key of the holds on a record: a delivery, which has a handle behind the key of its queue,
    /// is the longest that a transaction holds.</summary>
    public const int KeyBytesMax = TargetKeyBytesMax + 1 + 1 + RequestKey.EncodedBytes;

    /// <summary>A hot counter stops taking reservations here: an operation reads and writes the whole list.</summary>
    public const int HoldsMax = 256;

    /// <summary>Writes the key of the holds on the record with <paramref name="key"/>.</summary>
    public static ReadOnlySpan<byte> KeyOf(ReadOnlySpan<byte> key, Span<byte> target)
    {
        Span<byte> written = target[..(key.Length + 1)];
        key[..2].CopyTo(written);
        written[2] = (byte)RecordKind.Intent;
        key[2..].CopyTo(written[3..]);
        return written;
    }

    /// <summary>The key of the record that is held, from the key of its holds.</summary>
    public static byte[] TargetOf(ReadOnlySpan<byte> intentKey) => [.. intentKey[..2], .. intentKey[3..]];

    /// <summary>Whether a transaction is in the way of an operation, and which (the first).</summary>
    public static bool TryGetBlocker(
        IKeyspace keys, ReadOnlySpan<byte> key, IntentAccess access, out RequestKey blocker)
    {
        foreach (IntentHold hold in Read(keys, key))
        {
            // A read beneath a write or an addition would return what may be decided to be past; beside a read it is
            // safe.
            if (access == IntentAccess.Write || hold.Kind != IntentKind.Read)
            {
                blocker = hold.Transaction;
                return true;
            }
        }

        blocker = default;
        return false;
    }

    /// <summary>The same for a transaction that is about to place a hold of its own: its own hold does not block it, a
    /// full list does.</summary>
    public static bool TryGetBlocker(
        IKeyspace keys, ReadOnlySpan<byte> key, IntentAccess access, RequestKey transaction, out RequestKey blocker)
    {
        ReadOnlySpan<IntentHold> holds = Read(keys, key);
        bool isHolder = false;
        foreach (IntentHold hold in holds)
        {
            if (hold.Transaction == transaction)
            {
                isHolder = true;
            }
            else if (access == IntentAccess.Write || hold.Kind != IntentKind.Read)
            {
                blocker = hold.Transaction;
                return true;
            }
        }

        bool isFull = !isHolder && holds.Length >= HoldsMax;
        blocker = isFull ? holds[0].Transaction : default;
        return isFull;
    }

    /// <summary>
    /// The escrow rule: may <paramref name="transaction"/> reserve an addition? With it, every reserved addition must
    /// stay within its bounds whichever of the others commit, in any order.
    /// </summary>
    /// <remarks>
    /// Of value v and reserved additions dⱼ, the addition i is applied to v plus the sum of some subset of the others.
    /// The least such sum takes all that are negative, the greatest all that are positive, and both occur. So all is
    /// well if and only if v + dᵢ + Σ min(dⱼ, 0) ≥ Minᵢ and v + dᵢ + Σ max(dⱼ, 0) ≤ Maxᵢ for every i. "No bound" is the
    /// end of 64 bits, so the same comparison excludes overflow.
    /// </remarks>
    public static AddOutcome CheckAdd(
        IKeyspace keys,
        ReadOnlySpan<byte> key,
        RequestKey transaction,
        BoundedAddition addition,
        out RequestKey blocker)
    {
        ReadOnlySpan<IntentHold> holds = Read(keys, key);
        blocker = default;
        bool isHolder = false;
        Int128 falls = 0;
        Int128 rises = 0;
        foreach (IntentHold hold in holds)
        {
            if (hold.Transaction == transaction)
            {
                isHolder = true;
                if (!hold.Addition.TryThen(addition, out addition))
                {
                    return AddOutcome.Violated;
                }
            }
            else if (hold.Kind != IntentKind.Add)
            {
                blocker = hold.Transaction;
                return AddOutcome.Blocked;
            }
            else
            {
                falls += Math.Min(hold.Addition.Delta, 0);
                rises += Math.Max(hold.Addition.Delta, 0);
            }
        }

        Int128 value = CounterRecord.Read(keys, key);
        Int128 after = value + addition.Delta;
        if (addition.IsImpossible || after + rises < addition.Min || after + falls > addition.Max)
        {
            return AddOutcome.Violated;
        }

        bool fits = after + falls >= addition.Min && after + rises <= addition.Max;
        falls += Math.Min(addition.Delta, 0);
        rises += Math.Max(addition.Delta, 0);
        if (fits && (isHolder || holds.Length < HoldsMax) && OthersFit(holds, transaction, value, falls, rises))
        {
            return AddOutcome.Ok;
        }

        blocker = FirstOther(holds, transaction);
        return AddOutcome.Blocked;
    }

    /// <summary>Places a hold, beside those of others and joined with the transaction's own. To be asked first:
    /// <see cref="TryGetBlocker(IKeyspace, ReadOnlySpan{byte}, IntentAccess, RequestKey, out RequestKey)"/> or
    /// <see cref="CheckAdd"/>.</summary>
    public static void Place(IKeyspace keys, ReadOnlySpan<byte> key, IntentHold hold)
    {
        ReadOnlySpan<IntentHold> holds = Read(keys, key);
        var value = new ByteWriter((holds.Length + 1) * IntentHold.EncodedBytes);
        bool isJoined = false;
        foreach (IntentHold placed in holds)
        {
            bool isOwn = placed.Transaction == hold.Transaction;
            isJoined |= isOwn;
            (isOwn ? placed.And(hold) : placed).Encode(value);
        }

        if (!isJoined && holds.Length >= HoldsMax)
        {
            throw new InvalidOperationException($"A record is held by {HoldsMax} transactions; another one must wait.");
        }

        if (!isJoined)
        {
            hold.Encode(value);
        }

        Span<byte> target = stackalloc byte[KeyBytesMax];
        keys.Put(KeyOf(key, target), value.Written);
    }

    /// <summary>Removes a transaction's hold, if it has one; the record goes with the last.</summary>
    public static void Remove(IKeyspace keys, ReadOnlySpan<byte> key, RequestKey transaction)
    {
        ReadOnlySpan<IntentHold> holds = Read(keys, key);
        var value = new ByteWriter(Math.Max(1, holds.Length) * IntentHold.EncodedBytes);
        foreach (IntentHold hold in holds)
        {
            if (hold.Transaction != transaction)
            {
                hold.Encode(value);
            }
        }

        Span<byte> target = stackalloc byte[KeyBytesMax];
        ReadOnlySpan<byte> intentKey = KeyOf(key, target);
        if (value.Length == 0)
        {
            keys.Delete(intentKey);
        }
        else if (value.Length != holds.Length * IntentHold.EncodedBytes)
        {
            keys.Put(intentKey, value.Written);
        }
    }

    /// <summary>A transaction's hold on a record.</summary>
    public static bool TryGetHold(IKeyspace keys, ReadOnlySpan<byte> key, RequestKey transaction, out IntentHold found)
    {
        foreach (IntentHold hold in Read(keys, key))
        {
            if (hold.Transaction == transaction)
            {
                found = hold;
                return true;
            }
        }

        found = default;
        return false;
    }

    /// <summary>All holds on a record, in the order in which they were placed.</summary>
    public static ReadOnlySpan<IntentHold> Read(IKeyspace keys, ReadOnlySpan<byte> key)
    {
        Span<byte> target = stackalloc byte[KeyBytesMax];
        if (!keys.TryGet(KeyOf(key, target), out RecordView record))
        {
            return [];
        }

        if (record.Value.Length % IntentHold.EncodedBytes != 0)
        {
            throw new MalformedDataException($"Holds of {record.Value.Length} bytes.");
        }

        var holds = new IntentHold[record.Value.Length / IntentHold.EncodedBytes];
        for (int i = 0; i < holds.Length; i++)
        {
            holds[i] = IntentHold.Decode(record.Value.Slice(i * IntentHold.EncodedBytes, IntentHold.EncodedBytes));
        }

        return holds;
    }

    /// <summary>Whether the other reservations stay within their bounds; the sums are of all, theirs and the new
    /// one.</summary>
    private static bool OthersFit(
        ReadOnlySpan<IntentHold> holds, RequestKey transaction, Int128 value, Int128 falls, Int128 rises)
    {
        foreach (IntentHold hold in holds)
        {
            BoundedAddition addition = hold.Addition;
            Int128 least = value + falls + Math.Max(addition.Delta, 0);
            Int128 greatest = value + rises + Math.Min(addition.Delta, 0);
            if (hold.Transaction != transaction && (least < addition.Min || greatest > addition.Max))
            {
                return false;
            }
        }

        return true;
    }

    private static RequestKey FirstOther(ReadOnlySpan<IntentHold> holds, RequestKey transaction) =>
        holds[0].Transaction != transaction ? holds[0].Transaction : holds[1].Transaction;
}

namespace Concord.Engines;

/// <summary>A fixed fraction of the hash space: the unit of order and of moving. Part of the stored key
/// format.</summary>
internal readonly record struct Slot(ushort Value)
{
    /// <summary>How many slots names are spread over. Never changes: it is part of every stored key.</summary>
    public const int Count = 1024;

    /// <summary>What belongs to the shard itself (its sessions, its prepared transactions) and does not move with a
    /// slot.</summary>
    public static Slot OfShard => new(0xFFFF);

    public override string ToString() =>
        this == OfShard ? "shard" : Value.ToString(System.Globalization.CultureInfo.InvariantCulture);
}

/// <summary>A client's session: numbers its requests, so that a retry is answered and not run again. Zero is
/// none.</summary>
internal readonly record struct SessionId(ulong Value)
{
    public bool IsNone => Value == 0;

    public override string ToString() => Value.ToString("x16", System.Globalization.CultureInfo.InvariantCulture);
}

/// <summary>Time as the log tells it: stamped by leaders, never goes back within a shard. Unix milliseconds.</summary>
internal readonly record struct LogTime(long Milliseconds)
{
    public static TimeSpan operator -(LogTime left, LogTime right) =>
        TimeSpan.FromMilliseconds(left.Milliseconds - right.Milliseconds);
}

/// <summary>
/// One request for ever: the slot that keeps its answer, the session, its number. A transaction's gid is the key of the
/// request that commits it; the slot is its anchor.
/// </summary>
internal readonly record struct RequestKey(Slot Slot, SessionId Session, ulong Sequence)
{
    public const int EncodedBytes = 18;

    public override string ToString() => string.Create(
        System.Globalization.CultureInfo.InvariantCulture, $"{Slot.Value:x4}-{Session.Value:x16}-{Sequence}");

    public static bool TryParse(string? text, out RequestKey key)
    {
        key = default;
        string[] parts = (text ?? "").Split('-');
        System.Globalization.CultureInfo culture = System.Globalization.CultureInfo.InvariantCulture;
        if (parts.Length != 3
            || !ushort.TryParse(parts[0], System.Globalization.NumberStyles.AllowHexSpecifier, culture, out ushort slot)
            || !ulong.TryParse(parts[1], System.Globalization.NumberStyles.AllowHexSpecifier, culture,
                out ulong session)
            || !ulong.TryParse(parts[2], System.Globalization.NumberStyles.None, culture, out ulong sequence)
            || slot >= Engines.Slot.Count)
        {
            return false;
        }

        key = new(new(slot), new(session), sequence);
        return true;
    }
}

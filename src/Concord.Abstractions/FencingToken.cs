using System.Globalization;

namespace Concord;

/// <summary>
/// Grows with every grant of one name, across failures, leader changes and restores, and says nothing across names.
/// Fits a <c>bigint</c>: keep the greatest one seen beside what you protect, and refuse a smaller one.
/// </summary>
/// <param name="Value">The number.</param>
public readonly record struct FencingToken(long Value) : IComparable<FencingToken>
{
    /// <summary>The number alone, in digits, whatever the culture: for a header or a log. <see cref="long.Parse(string,
    /// IFormatProvider)"/> reads it again.</summary>
    public override string ToString() => Value.ToString(CultureInfo.InvariantCulture);

    /// <inheritdoc/>
    public int CompareTo(FencingToken other) => Value.CompareTo(other.Value);

    /// <summary>Whether <paramref name="left"/> was granted before <paramref name="right"/>.</summary>
    public static bool operator <(FencingToken left, FencingToken right) => left.Value < right.Value;

    /// <summary>Whether <paramref name="left"/> was granted after <paramref name="right"/>.</summary>
    public static bool operator >(FencingToken left, FencingToken right) => left.Value > right.Value;

    /// <summary>Whether <paramref name="left"/> was not granted after <paramref name="right"/>.</summary>
    public static bool operator <=(FencingToken left, FencingToken right) => left.Value <= right.Value;

    /// <summary>Whether <paramref name="left"/> was not granted before <paramref name="right"/>.</summary>
    public static bool operator >=(FencingToken left, FencingToken right) => left.Value >= right.Value;
}

/// <summary>Which hold, and which grant of it: pass it to a write, and the write of a stale holder is
/// refused.</summary>
/// <param name="HoldName">Kind and name, as in <c>lock:invoice/42</c>: made by Concord, opaque to you.</param>
/// <param name="Token">The grant.</param>
public readonly record struct Fence(string HoldName, FencingToken Token);

namespace Concord.Operations;

/// <summary>What an addition does to a value.</summary>
internal enum AdditionOutcome
{
    Fits,
    BoundViolated,
    Overflow,
}

/// <summary>An addition and the bounds of the value after it. The least and the greatest long are no bounds: they are
/// what 64 bits can hold anyway.</summary>
internal readonly record struct BoundedAddition(long Delta, long Min, long Max)
{
    /// <summary>Adds nothing and allows everything.</summary>
    public static BoundedAddition Nothing => new(0, long.MinValue, long.MaxValue);

    /// <summary>No value fits.</summary>
    public bool IsImpossible => Min > Max;

    public static BoundedAddition Of(long delta, CounterBounds bounds) => bounds.Min > bounds.Max
        ? throw new ArgumentException(
            $"The least value {bounds.Min} is above the greatest {bounds.Max}.",
            nameof(bounds))
        : new(delta, bounds.Min ?? long.MinValue, bounds.Max ?? long.MaxValue);

    /// <summary>Adds to <paramref name="value"/>; <paramref name="after"/> is unchanged unless it fits.</summary>
    public AdditionOutcome ApplyTo(long value, out long after)
    {
        Int128 sum = (Int128)value + Delta;
        after = value;
        if (sum < Min)
        {
            return Min == long.MinValue ? AdditionOutcome.Overflow : AdditionOutcome.BoundViolated;
        }

        if (sum > Max)
        {
            return Max == long.MaxValue ? AdditionOutcome.Overflow : AdditionOutcome.BoundViolated;
        }

        after = (long)sum;
        return AdditionOutcome.Fits;
    }

    /// <summary>
    /// This addition and then <paramref name="next"/>, as one that fits exactly where both fit in turn:
    /// v + d₁ ∈ [m₁, M₁] and v + d₁ + d₂ ∈ [m₂, M₂] is v + d₁ + d₂ ∈ [m₁ + d₂, M₁ + d₂] ∩ [m₂, M₂].
    /// </summary>
    /// <returns>False when the sum of both deltas is not a long.</returns>
    public bool TryThen(BoundedAddition next, out BoundedAddition both)
    {
        Int128 delta = (Int128)Delta + next.Delta;
        Int128 min = Int128.Max((Int128)Min + next.Delta, next.Min);
        Int128 max = Int128.Min((Int128)Max + next.Delta, next.Max);
        both = default;
        if (delta < long.MinValue || delta > long.MaxValue)
        {
            return false;
        }

        // min is at least next.Min and max at most next.Max, so only these two ends can leave 64 bits; then nothing
        // fits.
        both = min > long.MaxValue || max < long.MinValue
            ? new((long)delta, long.MaxValue, long.MinValue)
            : new((long)delta, (long)min, (long)max);
        return true;
    }
}

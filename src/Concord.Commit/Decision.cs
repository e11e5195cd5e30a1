namespace Concord.Commit;

/// <summary>Why a transaction was aborted.</summary>
public enum AbortReason : byte
{
    /// <summary>Recovery, or whoever gave the transaction up, wrote Abort first.</summary>
    Cancelled,

    /// <summary>An action refused; the lowest ordinal is known.</summary>
    Refused,

    /// <summary>Something transient was in the way.</summary>
    Conflict,

    /// <summary>A participant did not answer within <see cref="CommitOptions.PrepareTimeout"/>.</summary>
    Timeout,
}

/// <summary>
/// What is proposed to the register of a transaction, and what the register holds once written. The register is written
/// once; the default value is an abort, never a commit.
/// </summary>
public readonly record struct Decision
{
    private readonly int _ordinalPlusOne;

    private Decision(bool isCommit, AbortReason reason, int ordinalPlusOne)
    {
        IsCommit = isCommit;
        Reason = reason;
        _ordinalPlusOne = ordinalPlusOne;
    }

    /// <summary>
    /// Commit. As a proposal: commit if the anchor agrees, for its one entry validates its own part, applies and
    /// decides, and may write an abort instead.
    /// </summary>
    public static Decision Commit { get; } = new(true, default, 0);

    /// <summary>Whether the transaction takes effect.</summary>
    public bool IsCommit { get; }

    /// <summary>Why not; without meaning for a commit.</summary>
    public AbortReason Reason { get; }

    /// <summary>The place, from 0, of the first action that refused; -1 unless one did.</summary>
    public int RefusalOrdinal => _ordinalPlusOne - 1;

    /// <summary>An abort that is nobody's refusal.</summary>
    /// <param name="reason">Any reason but <see cref="AbortReason.Refused"/>.</param>
    /// <returns>The decision.</returns>
    /// <exception cref="ArgumentException">A refusal has an ordinal: see <see cref="AbortWith"/>.</exception>
    public static Decision Abort(AbortReason reason) => reason == AbortReason.Refused
        ? throw new ArgumentException("A refusal has an ordinal.", nameof(reason))
        : new(false, reason, 0);

    /// <summary>
    /// An abort because an action refused. As a proposal it is a bound from above: the anchor's own actions may refuse
    /// with a lower ordinal, which is then what the register holds.
    /// </summary>
    /// <param name="refusalOrdinal">The place, from 0, of the first action that refused.</param>
    /// <returns>The decision.</returns>
    /// <exception cref="ArgumentOutOfRangeException">The ordinal is negative.</exception>
    public static Decision AbortWith(int refusalOrdinal)
    {
        ArgumentOutOfRangeException.ThrowIfNegative(refusalOrdinal);
        return new(false, AbortReason.Refused, checked(refusalOrdinal + 1));
    }
}

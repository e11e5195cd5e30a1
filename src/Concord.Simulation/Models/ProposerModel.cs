namespace Concord.Simulation.Models;

/// <summary>
/// What a proposer of Multi-Paxos may propose, given the promises that it counted, as pure functions over plain data;
/// beside <see cref="AcceptorModel"/>. A check returns the name of the broken rule, or null.
/// </summary>
internal static class ProposerModel
{
    /// <summary>The promises do not come from a quorum, or one acceptor's were counted twice.</summary>
    public const string NoQuorum = "proposal-rests-on-a-quorum";

    /// <summary>A promise for another ballot, or for later positions only, was counted.</summary>
    public const string OtherBallot = "promise-is-of-this-ballot";

    /// <summary>Something is proposed where an acceptor knows a value to be chosen, and has not told which.</summary>
    public const string ChosenAlready = "nothing-is-proposed-below-the-base";

    /// <summary>Another value than that of the highest ballot reported is proposed.</summary>
    public const string NotTheHighest = "value-of-the-highest-ballot";

    /// <summary>A hole below the highest position reported is filled with something else than nothing.</summary>
    public const string HoleNotEmpty = "hole-is-filled-with-no-op";

    /// <summary>The value of the highest ballot; none if nobody has accepted anything.</summary>
    public static AcceptedValue Highest(ReadOnlySpan<AcceptedValue> reported)
    {
        AcceptedValue highest = AcceptedValue.None;
        foreach (AcceptedValue one in reported)
        {
            highest = one.Stamp > highest.Stamp ? one : highest;
        }

        return highest;
    }

    /// <summary>The last position that any of the promises knows something of; behind it a proposer is free.</summary>
    public static ulong LastReported(IReadOnlyList<PromiseReport> counted)
    {
        ulong last = 0;
        foreach (PromiseReport report in counted)
        {
            last = Math.Max(last, report.Base);
            foreach (ulong position in report.Accepted.Keys)
            {
                last = Math.Max(last, position);
            }
        }

        return last;
    }

    /// <summary>A leader proposes.</summary>
    /// <param name="ballot">Its ballot.</param>
    /// <param name="counted">The promises that it counted, its own with them.</param>
    /// <param name="isQuorum">Whether those who gave them are enough to lead at this position.</param>
    /// <param name="position">Where it proposes.</param>
    /// <param name="value">Which value.</param>
    /// <param name="isNoOp">Whether that value does nothing.</param>
    public static string? BrokenBy(
        ulong ballot, IReadOnlyList<PromiseReport> counted, bool isQuorum, ulong position, ulong value, bool isNoOp)
    {
        if (!isQuorum)
        {
            return NoQuorum;
        }

        var reported = new AcceptedValue[counted.Count];
        for (int i = 0; i < reported.Length; i++)
        {
            for (int other = 0; other < i; other++)
            {
                if (counted[other].Acceptor == counted[i].Acceptor)
                {
                    return NoQuorum;
                }
            }

            if (counted[i].Ballot != ballot || counted[i].From > position)
            {
                return OtherBallot;
            }

            if (position <= counted[i].Base)
            {
                return ChosenAlready;
            }

            reported[i] = counted[i].At(position);
        }

        AcceptedValue highest = Highest(reported);
        if (!highest.IsNone)
        {
            return highest.Value == value ? null : NotTheHighest;
        }

        return isNoOp || position > LastReported(counted) ? null : HoleNotEmpty;
    }
}

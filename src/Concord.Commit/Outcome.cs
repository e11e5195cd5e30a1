namespace Concord.Commit;

/// <summary>How a run ended for whoever waits for it.</summary>
public enum OutcomeKind : byte
{
    /// <summary>This replica cannot tell. The gid can be asked for; recovery will finish.</summary>
    Unknown,

    /// <summary>The register says Commit.</summary>
    Committed,

    /// <summary>Nothing took effect and nothing will.</summary>
    Aborted,
}

/// <summary>What a run reports, once.</summary>
/// <param name="Kind">How it ended.</param>
/// <param name="Decision">What was decided; without meaning when unknown.</param>
/// <param name="IsPresumed">
/// The abort stands in no log. See <see cref="CommitOptions.PresumeAbort"/> for what that rests on.
/// </param>
public readonly record struct Outcome(OutcomeKind Kind, Decision Decision, bool IsPresumed)
{
    internal static Outcome Unknown => default;

    internal static Outcome Of(Decision decision, bool presumed) =>
        new(decision.IsCommit ? OutcomeKind.Committed : OutcomeKind.Aborted, decision, presumed);
}

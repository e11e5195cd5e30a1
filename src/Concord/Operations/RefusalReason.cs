namespace Concord.Operations;

/// <summary>What a transaction's part comes to, as the refusal that says so.</summary>
internal static class RefusalReason
{
    public static RefusalCode Of(Verdict verdict) => verdict switch
    {
        Verdict.BoundViolated => RefusalCode.BoundViolated,
        Verdict.Blocked => RefusalCode.TimedOut,
        Verdict.FenceRejected => RefusalCode.FenceRejected,
        Verdict.HoldLost => RefusalCode.HoldLost,
        Verdict.QueueFull => RefusalCode.QueueFull,
        _ => RefusalCode.Conflict,
    };

    /// <summary>Whether one of the actions refuses whatever others do, so that to try again is of no use; and what it
    /// was.</summary>
    public static bool IsFinal(RefusalCode refusal, out Verdict verdict)
    {
        verdict = refusal switch
        {
            RefusalCode.BoundViolated => Verdict.BoundViolated,
            RefusalCode.FenceRejected => Verdict.FenceRejected,
            RefusalCode.HoldLost => Verdict.HoldLost,
            RefusalCode.QueueFull => Verdict.QueueFull,
            _ => Verdict.Conflict,
        };
        return verdict != Verdict.Conflict;
    }
}

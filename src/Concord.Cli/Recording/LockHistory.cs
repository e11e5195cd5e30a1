using Concord.Simulation.Checking;

namespace Concord.Cli.Recording;

/// <summary>
/// Checks what clients saw of one lock and of the register beside it: tokens grow, nobody holds it while another surely
/// does, a write with a token that is over changes nothing, a write of the holder is not refused, and what is read is
/// explained by the writes that were taken.
/// </summary>
internal sealed class LockHistory
{
    private readonly Dictionary<long, HistoryEntry> _grants = [];
    private readonly Dictionary<long, HistoryEntry> _releases = [];
    private readonly List<HistoryEntry> _writes;
    private readonly IReadOnlyList<HistoryEntry> _all;

    private LockHistory(IReadOnlyList<HistoryEntry> all)
    {
        _all = all;
        _writes = [.. all.Where(static each => each is
        {
            Call.Verb: HistoryVerb.FencedWrite, Outcome: EntryOutcome.Ok,
        })];
    }

    /// <summary>Checks the history of one key.</summary>
    public static CheckOutcome Check(IReadOnlyList<HistoryEntry> all)
    {
        LockHistory history = new(all);
        string? wrong = history.FindWrong();
        return wrong is null ? history.CheckRegister() : HeldIntervals.ToOutcome(wrong);
    }

    private static IEnumerable<HistoryEntry> Done(IEnumerable<HistoryEntry> all, HistoryVerb verb) =>
        all.Where(each => each.Call.Verb == verb && each.Outcome == EntryOutcome.Ok);

    private string? FindWrong()
    {
        HistoryEntry[] grants = [.. Done(_all, HistoryVerb.Acquire)];
        string? disorder = HeldIntervals.FindDisorder(grants.Select(
            static each => (each.Call.Result!.Value, each.InvokedNs, each.CompletedNs!.Value)));
        if (disorder is not null)
        {
            return disorder;
        }

        foreach (HistoryEntry grant in grants)
        {
            _grants[grant.Call.Result!.Value] = grant;
        }

        foreach (HistoryEntry release in Done(_all, HistoryVerb.Release))
        {
            if (!_grants.ContainsKey(release.Call.Token!.Value)
                || !_releases.TryAdd(release.Call.Token.Value, release))
            {
                return $"token {release.Call.Token} was given back without being held";
            }
        }

        return HeldIntervals.FindOverlap(_releases.Select(
                each => (each.Key, _grants[each.Key].CompletedNs!.Value, each.Value.InvokedNs)))
            ?? _writes.Select(FindWrong).FirstOrDefault(static wrong => wrong is not null);
    }

    private string? FindWrong(HistoryEntry write)
    {
        long token = write.Call.Token!.Value;
        HistoryEntry? grant = _grants.GetValueOrDefault(token);
        HistoryEntry? release = _releases.GetValueOrDefault(token);
        if (write.Call.Result == 1)
        {
            return grant is null || write.CompletedNs < grant.InvokedNs
                    ? $"a write with token {token}, which was not granted, was taken"
                : release is not null && release.CompletedNs < write.InvokedNs
                    ? $"a write with token {token} was taken after that was given back"
                : _grants.Any(each => each.Key > token && each.Value.CompletedNs < write.InvokedNs)
                    ? $"a write with token {token} was taken after a greater one had been granted"
                : null;
        }

        return grant is not null && release is not null
            && grant.CompletedNs < write.InvokedNs && write.CompletedNs < release.InvokedNs
            ? $"a write with token {token} was refused while that was held"
            : null;
    }

    /// <summary>What the register beside it says, by the checkers of registers: a write that was refused is
    /// none.</summary>
    private CheckOutcome CheckRegister() => HistoryCheck.CheckStore(
    [
        .. _all.Where(static each => each.Call.Verb == HistoryVerb.Read
            || (each.Call.Verb == HistoryVerb.FencedWrite
                && (each.Outcome != EntryOutcome.Ok || each.Call.Result == 1)))
            .Select(static each => each.Call.Verb == HistoryVerb.Read
                ? each
                : each with { Call = new(HistoryVerb.Write, each.Call.Argument) }),
    ]);
}

using Concord.Simulation.Checking;

namespace Concord.Cli.Recording;

/// <summary>Asks our own checkers about a history: the search of every key, and the zones of every register that was
/// only read and written; of locks and queues what they promise.</summary>
internal static class HistoryCheck
{
    /// <summary>What is asked of a history, as a word for people.</summary>
    public static string PropertyOf(IReadOnlyList<HistoryEntry> history) =>
        history.Any(IsOfLock) ? "Exclusive and fenced"
        : history.Any(IsOfQueue) ? "Nothing lost, nothing twice, groups in order"
        : "Linearizable";

    /// <summary>Checks a history: of registers, of counters, of locks or of queues.</summary>
    public static CheckOutcome Check(IReadOnlyList<HistoryEntry> history)
    {
        Func<IReadOnlyList<HistoryEntry>, CheckOutcome> check =
            history.Any(IsOfLock) ? LockHistory.Check : history.Any(IsOfQueue) ? QueueHistory.Check : CheckStore;

        // Keys do not know each other: the history is right if each key's is.
        CheckOutcome unknown = CheckOutcome.Legal;
        foreach (IGrouping<string, HistoryEntry> key in history.GroupBy(static entry => entry.Key))
        {
            CheckOutcome outcome = check([.. key]);
            if (outcome.Verdict == CheckVerdict.Illegal)
            {
                return outcome with { Reason = $"{key.Key}: {outcome.Reason}" };
            }

            unknown = outcome.Verdict == CheckVerdict.Unknown
                ? outcome with { Reason = $"{key.Key}: {outcome.Reason}" }
                : unknown;
        }

        return unknown;
    }

    /// <summary>Checks one register, or one counter: one to which somebody adds.</summary>
    public static CheckOutcome CheckStore(IReadOnlyList<HistoryEntry> key) => CheckKey(
        [
            .. key.Where(static entry => entry.Outcome != EntryOutcome.Fail).Select(static entry =>
                new TimedOperation<StoreCall>(
                    entry.Call.ToStore(), entry.InvokedNs, entry.CompletedNs ?? long.MaxValue)),
        ],
        isCounter: key.Any(static entry => entry.Call.Verb == HistoryVerb.Add));

    private static bool IsOfLock(HistoryEntry entry) =>
        entry.Call.Verb is HistoryVerb.Acquire or HistoryVerb.FencedWrite or HistoryVerb.Release;

    private static bool IsOfQueue(HistoryEntry entry) => entry.Call.Verb >= HistoryVerb.Enqueue;

    private static CheckOutcome CheckKey(TimedOperation<StoreCall>[] operations, bool isCounter)
    {
        if (isCounter)
        {
            return OutcomeOf(LinearizabilityChecker.Check(operations, new CounterHistoryModel()));
        }

        SearchOutcome search = LinearizabilityChecker.Check(
            RegisterHistoryModel.WithoutUnseen(operations), new RegisterHistoryModel());
        CheckOutcome found = OutcomeOf(search);

        // Where the search was given up, the zones may still know.
        return found.Verdict != CheckVerdict.Illegal && HasZones(operations)
            ? ZoneChecker.Check([.. operations.Select(ToZone)])
            : found;
    }

    /// <summary>Zones are of registers that are only read and written, each value once; zero means nothing
    /// there.</summary>
    private static bool HasZones(TimedOperation<StoreCall>[] operations)
    {
        var written = new HashSet<long>();
        return operations.All(each => each.Operation.Verb == StoreVerb.Read
            || (each.Operation is { Verb: StoreVerb.Write, Argument: > 0 and var value } && written.Add(value)));
    }

    private static RegisterOperationRecord ToZone(TimedOperation<StoreCall> each)
    {
        bool isWrite = each.Operation.Verb == StoreVerb.Write;
        long? value = isWrite ? each.Operation.Argument : each.Operation.Result;
        return new(isWrite, (ulong)(value ?? 0), each.Invoked, each.Returned);
    }

    private static CheckOutcome OutcomeOf(SearchOutcome search) => new(search.Verdict, search.Reason);
}

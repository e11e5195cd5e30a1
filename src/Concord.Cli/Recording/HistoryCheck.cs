using Concord.Simulation.Checking;

namespace Concord.Cli.Recording;

/// <summary>Asks our own checkers about a history: the search of every key, and the zones of every register that was
/// only read and written.</summary>
internal static class HistoryCheck
{
    /// <summary>Checks a history of registers, or one of counters: one in which somebody adds.</summary>
    public static CheckOutcome Check(IReadOnlyList<HistoryEntry> history)
    {
        // Keys do not know each other: the history is right if each key's is.
        CheckOutcome unknown = CheckOutcome.Legal;
        bool isCounters = history.Any(static entry => entry.Call.Verb == StoreVerb.Add);
        foreach (IGrouping<string, HistoryEntry> key in history.GroupBy(static entry => entry.Key))
        {
            TimedOperation<StoreCall>[] operations =
            [
                .. key.Where(static entry => entry.Outcome != EntryOutcome.Fail).Select(static entry =>
                    new TimedOperation<StoreCall>(
                        entry.Call, entry.InvokedNs, entry.CompletedNs ?? long.MaxValue)),
            ];
            CheckOutcome outcome = CheckKey(operations, isCounters);
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

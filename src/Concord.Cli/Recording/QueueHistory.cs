using Concord.Simulation.Checking;

namespace Concord.Cli.Recording;

/// <summary>
/// Checks what clients saw of one queue: every message that is delivered was enqueued, none is completed twice nor
/// delivered again after that, none is lost, and those of a group come one at a time and in their order.
/// </summary>
internal sealed class QueueHistory
{
    private readonly Dictionary<long, HistoryEntry> _messages = [];
    private readonly Dictionary<long, HistoryEntry> _deliveries = [];
    private readonly ILookup<long, HistoryEntry> _completions;
    private readonly ILookup<long, HistoryEntry> _received;
    private readonly IReadOnlyList<HistoryEntry> _all;

    private QueueHistory(IReadOnlyList<HistoryEntry> all)
    {
        _all = all;
        _completions = all
            .Where(static each => each.Call.Verb == HistoryVerb.Complete && each.Outcome != EntryOutcome.Fail)
            .ToLookup(static each => each.Call.Argument!.Value);
        _received = Received(all).ToLookup(static each => each.Call.Result!.Value);
    }

    /// <summary>Checks the history of one key.</summary>
    public static CheckOutcome Check(IReadOnlyList<HistoryEntry> all)
    {
        QueueHistory history = new(all);
        return HeldIntervals.ToOutcome(
            history.FindDisorder()
            ?? history.FindInvention()
            ?? history.FindRepetition()
            ?? history.FindLoss()
            ?? history.FindPassing()
            ?? history.FindTwoAtOnce());
    }

    private static IEnumerable<HistoryEntry> Received(IEnumerable<HistoryEntry> all) => all.Where(
        static each => each is { Call: { Verb: HistoryVerb.Receive, Result: not null }, Outcome: EntryOutcome.Ok });

    private string? FindDisorder() => HeldIntervals.FindDisorder(Received(_all).Select(
        static each => (each.Call.Token!.Value, each.InvokedNs, each.CompletedNs!.Value)));

    private string? FindInvention()
    {
        foreach (HistoryEntry message in _all.Where(static each =>
            each.Call.Verb == HistoryVerb.Enqueue && each.Outcome != EntryOutcome.Fail))
        {
            _messages[message.Call.Argument!.Value] = message;
        }

        foreach (HistoryEntry delivery in Received(_all))
        {
            _deliveries[delivery.Call.Token!.Value] = delivery;
            if (!_messages.TryGetValue(delivery.Call.Result!.Value, out HistoryEntry? message)
                || delivery.CompletedNs < message.InvokedNs)
            {
                return $"message {delivery.Call.Result} was delivered and never enqueued";
            }
        }

        return null;
    }

    private string? FindRepetition()
    {
        foreach (IGrouping<long, HistoryEntry> message in _completions)
        {
            HistoryEntry[] done = [.. message.Where(static each => each.Outcome == EntryOutcome.Ok)];
            if (done.Length > 1)
            {
                return $"message {message.Key} was completed twice";
            }

            foreach (HistoryEntry completion in done)
            {
                if (_received[message.Key].Any(again => again.InvokedNs > completion.CompletedNs))
                {
                    return $"message {message.Key} was delivered after it had been completed";
                }

                if (_received[message.Key].Any(again =>
                    again.Call.Token > completion.Call.Token && again.CompletedNs < completion.InvokedNs))
                {
                    return $"message {message.Key} was completed by a delivery that a later one had made void";
                }
            }
        }

        return null;
    }

    /// <summary>A count cannot be smaller than what is surely there, nor greater than what may be.</summary>
    private string? FindLoss()
    {
        foreach (HistoryEntry count in _all.Where(static each =>
            each is { Call.Verb: HistoryVerb.Count, Outcome: EntryOutcome.Ok }))
        {
            int surely = 0;
            int perhaps = 0;
            foreach ((long id, HistoryEntry message) in _messages)
            {
                bool mayBeDone = _completions[id].Any(each => each.InvokedNs < count.CompletedNs);
                bool isDone = _completions[id].Any(each => each.CompletedNs < count.InvokedNs);
                surely += message.Outcome == EntryOutcome.Ok && message.CompletedNs < count.InvokedNs && !mayBeDone
                    ? 1
                    : 0;
                perhaps += message.InvokedNs < count.CompletedNs && !isDone ? 1 : 0;
            }

            if (count.Call.Result < surely || count.Call.Result > perhaps)
            {
                return $"{count.Call.Result} messages were counted where there were {surely} to {perhaps}";
            }
        }

        return null;
    }

    /// <summary>A message passes none of its group that was enqueued before it.</summary>
    private string? FindPassing()
    {
        foreach (IGrouping<long?, HistoryEntry> group in _messages.Values
            .Where(static each => each.Call.Second is not null).GroupBy(static each => each.Call.Second))
        {
            foreach (HistoryEntry later in group)
            {
                long? first = _received[later.Call.Argument!.Value].Min(static each => each.CompletedNs);
                HistoryEntry? passed = group.FirstOrDefault(earlier =>
                    earlier.Outcome == EntryOutcome.Ok && earlier.CompletedNs < later.InvokedNs
                    && !_completions[earlier.Call.Argument!.Value].Any(each => each.InvokedNs < first));
                if (first is not null && passed is not null)
                {
                    return $"message {later.Call.Argument} passed message {passed.Call.Argument} of group {group.Key}";
                }
            }
        }

        return null;
    }

    /// <summary>Nothing of a group is delivered while another of it is surely held.</summary>
    private string? FindTwoAtOnce()
    {
        ILookup<long?, HistoryEntry> deliveries = _deliveries.Values.ToLookup(GroupOf);
        foreach (HistoryEntry end in _all.Where(static each =>
            each is { Call.Verb: HistoryVerb.Complete or HistoryVerb.Return, Outcome: EntryOutcome.Ok }))
        {
            if (!_deliveries.TryGetValue(end.Call.Token!.Value, out HistoryEntry? held))
            {
                return $"message {end.Call.Argument} was settled without being delivered";
            }

            HistoryEntry? other = GroupOf(held) is not { } group ? null : deliveries[group].FirstOrDefault(each =>
                each.Call.Token != held.Call.Token
                && each.InvokedNs > held.CompletedNs && each.CompletedNs < end.InvokedNs);
            if (other is not null)
            {
                return $"message {other.Call.Result} was delivered while message {held.Call.Result} of its group was "
                    + "held";
            }
        }

        return null;
    }

    private long? GroupOf(HistoryEntry delivery) => _messages[delivery.Call.Result!.Value].Call.Second;
}

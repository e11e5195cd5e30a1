namespace Concord.Simulation.Checking;

/// <summary>What operations should answer, one after the other.</summary>
/// <typeparam name="TCommand">An operation.</typeparam>
public interface ISequentialModel<in TCommand>
{
    /// <summary>Does <paramref name="command"/>, and returns its answer.</summary>
    ulong Apply(TCommand command);

    /// <summary>What a read that is no part of the log answers now.</summary>
    ulong Read(TCommand command);
}

/// <summary>An operation with the place in the log that its answer came from.</summary>
/// <typeparam name="TCommand">An operation.</typeparam>
/// <param name="Command">What was asked.</param>
/// <param name="IsRead">It is no entry: it saw the state at <paramref name="Index"/>. Else it is the entry
/// there.</param>
/// <param name="Answer">What was answered.</param>
/// <param name="Index">The place, from 1; 0 for the state before the first entry.</param>
/// <param name="Invoked">When it began.</param>
/// <param name="Returned">When it returned.</param>
public readonly record struct WitnessedOperation<TCommand>(
    TCommand Command, bool IsRead, ulong Answer, ulong Index, long Invoked, long Returned);

/// <summary>
/// Linearizability with a witness: every answer names its place in the log, so the order is given and only needs to be
/// checked: against the model, by replaying the log, and against real time. O(n log n).
/// </summary>
public static class WitnessChecker
{
    /// <summary>Checks the answered operations. Those without an answer are in the log or not.</summary>
    /// <param name="operations">In any order; is sorted.</param>
    /// <param name="log">The committed entries; the first has index 1.</param>
    /// <param name="model">A new one.</param>
    public static CheckOutcome Check<TCommand>(
        List<WitnessedOperation<TCommand>> operations, IReadOnlyList<TCommand> log, ISequentialModel<TCommand> model)
    {
        ArgumentNullException.ThrowIfNull(operations);
        ArgumentNullException.ThrowIfNull(log);
        ArgumentNullException.ThrowIfNull(model);
        operations.Sort(static (left, right) => Place(left) != Place(right)
            ? Place(left).CompareTo(Place(right))
            : left.Invoked.CompareTo(right.Invoked));
        CheckOutcome order = CheckRealTime(operations);
        return order.Verdict == CheckVerdict.Legal ? CheckAnswers(operations, log, model) : order;
    }

    // An entry comes before the reads of the state that it made.
    private static ulong Place<TCommand>(in WitnessedOperation<TCommand> operation) =>
        (operation.Index * 2) + (operation.IsRead ? 1UL : 0);

    private static CheckOutcome CheckRealTime<TCommand>(List<WitnessedOperation<TCommand>> operations)
    {
        // From the back: what comes later in the log must not have returned before this one began.
        long earliestReturn = long.MaxValue;
        long earliestOfPlace = long.MaxValue;
        for (int i = operations.Count - 1; i >= 0; i--)
        {
            WitnessedOperation<TCommand> operation = operations[i];
            if (i + 1 < operations.Count && Place(operations[i + 1]) != Place(operation))
            {
                earliestReturn = Math.Min(earliestReturn, earliestOfPlace);
                earliestOfPlace = long.MaxValue;
            }
            else if (i + 1 < operations.Count && !operation.IsRead)
            {
                return CheckOutcome.Illegal($"two operations say that they are the entry {operation.Index}");
            }

            if (earliestReturn < operation.Invoked)
            {
                return CheckOutcome.Illegal(
                    $"{operation.Command} at {operation.Index} began at {operation.Invoked}, "
                    + $"after something later in the log had returned at {earliestReturn}");
            }

            earliestOfPlace = Math.Min(earliestOfPlace, operation.Returned);
        }

        return CheckOutcome.Legal;
    }

    private static CheckOutcome CheckAnswers<TCommand>(
        List<WitnessedOperation<TCommand>> operations, IReadOnlyList<TCommand> log, ISequentialModel<TCommand> model)
    {
        ulong applied = 0;
        ulong lastAnswer = 0;
        foreach (WitnessedOperation<TCommand> operation in operations)
        {
            if (operation.Index > (ulong)log.Count)
            {
                return CheckOutcome.Illegal(
                    $"{operation.Command} was answered from {operation.Index}, the log ends at {log.Count}");
            }

            while (applied < operation.Index)
            {
                lastAnswer = model.Apply(log[(int)applied++]);
            }

            bool isThere = operation.IsRead
                || (applied > 0 && EqualityComparer<TCommand>.Default.Equals(log[(int)applied - 1], operation.Command));
            if (!isThere)
            {
                return CheckOutcome.Illegal($"{operation.Command} is not the entry at {operation.Index}");
            }

            ulong expected = operation.IsRead ? model.Read(operation.Command) : lastAnswer;
            if (operation.Answer != expected)
            {
                return CheckOutcome.Illegal(
                    $"{operation.Command} at {operation.Index} answered {operation.Answer}, not {expected}");
            }
        }

        return CheckOutcome.Legal;
    }
}

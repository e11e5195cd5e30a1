namespace Concord.Simulation.Checking;

/// <summary>
/// Linearizability by search (Wing and Gong 1993, with Lowe's memory of what has been tried): exact for every model
/// and any number of operations, and exponential only in how many overlap. Histories of things that do not know each
/// other are checked one by one (Herlihy and Wing 1990, locality): see <see cref="CheckEach"/>.
/// </summary>
public static class LinearizabilityChecker
{
    /// <summary>Looks for an order that explains the history. An operation of unknown outcome may have happened at any
    /// time after it began, or never.</summary>
    /// <param name="history">Operations on one thing, in any order.</param>
    /// <param name="model">What the thing does.</param>
    /// <param name="budget">When to give up; <see cref="SearchBudget.Standard"/> if null.</param>
    public static SearchOutcome Check<TOperation, TState>(
        IReadOnlyList<TimedOperation<TOperation>> history,
        IHistoryModel<TOperation, TState> model,
        SearchBudget? budget = null)
    {
        ArgumentNullException.ThrowIfNull(history);
        ArgumentNullException.ThrowIfNull(model);
        return new OrderSearch<TOperation, TState>(history, model, budget ?? SearchBudget.Standard).Run();
    }

    /// <summary>Checks the histories of several things, each by itself.</summary>
    /// <param name="histories">By name.</param>
    /// <param name="model">What each of them does.</param>
    /// <param name="budget">When to give up on one of them.</param>
    /// <returns>The first that is illegal; else the first that is unknown; else legal.</returns>
    public static CheckOutcome CheckEach<TOperation, TState>(
        IEnumerable<(string Name, IReadOnlyList<TimedOperation<TOperation>> History)> histories,
        IHistoryModel<TOperation, TState> model,
        SearchBudget? budget = null)
    {
        ArgumentNullException.ThrowIfNull(histories);
        CheckOutcome unknown = CheckOutcome.Legal;
        foreach ((string name, IReadOnlyList<TimedOperation<TOperation>> history) in histories)
        {
            SearchOutcome outcome = Check(history, model, budget);
            if (outcome.Verdict == CheckVerdict.Illegal)
            {
                return CheckOutcome.Illegal($"{name}: {outcome.Reason}");
            }

            if (outcome.Verdict == CheckVerdict.Unknown && unknown.Verdict == CheckVerdict.Legal)
            {
                unknown = new(CheckVerdict.Unknown, $"{name}: {outcome.Reason}");
            }
        }

        return unknown;
    }
}

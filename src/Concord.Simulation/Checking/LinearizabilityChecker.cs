namespace Concord.Simulation.Checking;

/// <summary>
/// Linearizability of one register by search (Wing and Gong 1993, with Lowe's memory of what has been tried): exact for
/// any values, and exponential in the number of operations that overlap. For small histories and as the measure of
/// faster checkers.
/// </summary>
public static class LinearizabilityChecker
{
    /// <summary>The most operations in a history.</summary>
    public const int OperationsMax = 128;

    /// <summary>Looks for an order that explains the history. Unknown reads are ignored; unknown writes may have
    /// happened at any time after they began, or never.</summary>
    /// <param name="history">At most <see cref="OperationsMax"/> operations.</param>
    /// <param name="stepsMax">After so many steps the search is given up.</param>
    /// <exception cref="ArgumentException">The history is too long.</exception>
    public static CheckOutcome Check(IReadOnlyList<RegisterOperationRecord> history, int stepsMax = 10_000_000)
    {
        ArgumentNullException.ThrowIfNull(history);
        RegisterOperationRecord[] operations =
        [
            .. history.Where(static operation => operation.IsWrite || operation.IsKnown)
                .OrderBy(static operation => operation.Invoked),
        ];
        if (operations.Length > OperationsMax)
        {
            throw new ArgumentException($"A history has at most {OperationsMax} operations.", nameof(history));
        }

        UInt128 known = 0;
        for (int i = 0; i < operations.Length; i++)
        {
            known |= operations[i].IsKnown ? UInt128.One << i : 0;
        }

        var tried = new HashSet<(UInt128 Done, ulong Value)>();
        var open = new Stack<(UInt128 Done, ulong Value)>();
        open.Push((0, 0));
        while (open.TryPop(out (UInt128 Done, ulong Value) state))
        {
            if ((state.Done & known) == known)
            {
                return CheckOutcome.Legal;
            }

            if (!tried.Add(state))
            {
                continue;
            }

            if (--stepsMax < 0)
            {
                return new(CheckVerdict.Unknown, "the search was given up at its bound");
            }

            PushNext(operations, state, open);
        }

        return CheckOutcome.Illegal($"no order explains the {operations.Length} operations");
    }

    /// <summary>Whatever began before everything undone returned may come next.</summary>
    private static void PushNext(
        RegisterOperationRecord[] operations,
        (UInt128 Done, ulong Value) state,
        Stack<(UInt128 Done, ulong Value)> open)
    {
        long earliestReturn = long.MaxValue;
        for (int i = 0; i < operations.Length; i++)
        {
            if ((state.Done & (UInt128.One << i)) == 0)
            {
                earliestReturn = Math.Min(earliestReturn, operations[i].Returned);
            }
        }

        for (int i = 0; i < operations.Length && operations[i].Invoked <= earliestReturn; i++)
        {
            UInt128 bit = UInt128.One << i;
            RegisterOperationRecord operation = operations[i];
            if ((state.Done & bit) == 0 && (operation.IsWrite || operation.Value == state.Value))
            {
                open.Push((state.Done | bit, operation.IsWrite ? operation.Value : state.Value));
            }
        }
    }
}

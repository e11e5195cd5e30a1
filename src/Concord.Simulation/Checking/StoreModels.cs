namespace Concord.Simulation.Checking;

/// <summary>A register: it holds nothing at first, then what was last written.</summary>
public sealed class RegisterHistoryModel : IHistoryModel<StoreCall, long?>
{
    /// <inheritdoc/>
    public long? Initial => null;

    /// <inheritdoc/>
    public bool TryApply(long? state, in StoreCall operation, bool isKnown, out long? next)
    {
        switch (operation.Verb)
        {
            case StoreVerb.Read:
                next = state;
                return !isKnown || operation.Result == state;
            case StoreVerb.Write:
                next = operation.Argument;
                return true;
            case StoreVerb.CompareAndSet:
                bool succeeds = state == operation.Expected;
                next = succeeds ? operation.Argument : state;
                return !isKnown || operation.Result == (succeeds ? 1 : 0);
            default:
                throw new ArgumentException($"A register knows no {operation.Verb}.", nameof(operation));
        }
    }

    /// <inheritdoc/>
    public bool IsPassive(in StoreCall operation) =>
        operation is { Verb: StoreVerb.Read } or { Verb: StoreVerb.CompareAndSet, Result: 0 };

    /// <summary>
    /// Leaves out what cannot matter: reads without an answer, and writes without an answer of a value that nobody met.
    /// A write that nobody met can only have served to make a compare-and-set fail, so all are kept where one failed.
    /// </summary>
    /// <param name="history">The operations on one register.</param>
    public static IReadOnlyList<TimedOperation<StoreCall>> WithoutUnseen(
        IReadOnlyList<TimedOperation<StoreCall>> history)
    {
        ArgumentNullException.ThrowIfNull(history);
        bool hasRefusal = false;
        var met = new HashSet<long>();
        foreach ((StoreCall call, _, long returned) in history)
        {
            bool isKnown = returned != long.MaxValue;
            hasRefusal |= isKnown && call is { Verb: StoreVerb.CompareAndSet, Result: not 1 };
            if (call.Verb == StoreVerb.CompareAndSet && call.Expected is { } expected)
            {
                met.Add(expected);
            }
            else if (call.Verb == StoreVerb.Read && isKnown && call.Result is { } read)
            {
                met.Add(read);
            }
        }

        return
        [
            .. history.Where(operation => operation.IsKnown
                || (operation.Operation.Verb != StoreVerb.Read
                    && (hasRefusal || met.Contains(operation.Operation.Argument ?? 0)))),
        ];
    }
}

/// <summary>A counter: zero at first; an addition answers with the number after it.</summary>
public sealed class CounterHistoryModel : IHistoryModel<StoreCall, long>
{
    /// <inheritdoc/>
    public long Initial => 0;

    /// <inheritdoc/>
    public bool TryApply(long state, in StoreCall operation, bool isKnown, out long next)
    {
        switch (operation.Verb)
        {
            case StoreVerb.Read:
                next = state;
                return !isKnown || operation.Result == state;
            case StoreVerb.Add:
                next = state + (operation.Argument ?? 0);
                return !isKnown || operation.Result == next;
            default:
                throw new ArgumentException($"A counter knows no {operation.Verb}.", nameof(operation));
        }
    }

    /// <inheritdoc/>
    public bool IsPassive(in StoreCall operation) => operation.Verb == StoreVerb.Read || operation.Argument == 0;
}

namespace Concord.Simulation.Checking;

/// <summary>What a thing does when its operations come one after the other: the measure of a history.</summary>
/// <typeparam name="TOperation">An operation, with what was answered.</typeparam>
/// <typeparam name="TState">What the thing holds; compared by value.</typeparam>
public interface IHistoryModel<TOperation, TState>
{
    /// <summary>What it holds before the first operation.</summary>
    TState Initial { get; }

    /// <summary>Does an operation.</summary>
    /// <param name="state">What the thing holds before.</param>
    /// <param name="operation">What was asked and answered.</param>
    /// <param name="isKnown">Whether there was an answer. Without one it happens whatever it would have been.</param>
    /// <param name="next">What the thing holds afterwards.</param>
    /// <returns>Whether that is what would have been answered in this state; always true without an answer.</returns>
    bool TryApply(TState state, in TOperation operation, bool isKnown, out TState next);

    /// <summary>Whether an operation with this answer changes nothing in any state, as a read does. A write of what is
    /// there already is none: elsewhere it would change something.</summary>
    /// <param name="operation">What was asked and answered.</param>
    bool IsPassive(in TOperation operation);
}

/// <summary>An operation with its time.</summary>
/// <typeparam name="TOperation">An operation, with what was answered.</typeparam>
/// <param name="Operation">What was asked and answered.</param>
/// <param name="Invoked">When it began.</param>
/// <param name="Returned">When it returned; <see cref="long.MaxValue"/> when its outcome is unknown.</param>
public readonly record struct TimedOperation<TOperation>(TOperation Operation, long Invoked, long Returned)
{
    /// <summary>Whether its outcome is known.</summary>
    public bool IsKnown => Returned != long.MaxValue;
}

using Concord.Simulation.Checking;

namespace Concord.Simulation.Tests.Checking;

/// <summary>The measure of the search: every order, and every choice of unknown operations that happened.</summary>
internal static class AllOrders
{
    public static bool Explain<TState>(
        TimedOperation<StoreCall>[] history, IHistoryModel<StoreCall, TState> model) =>
        HasOrder(history, new bool[history.Length], model, model.Initial);

    private static bool HasOrder<TState>(
        TimedOperation<StoreCall>[] history, bool[] done, IHistoryModel<StoreCall, TState> model, TState state)
    {
        bool isComplete = true;
        long earliestReturn = long.MaxValue;
        for (int i = 0; i < history.Length; i++)
        {
            isComplete &= done[i] || !history[i].IsKnown;
            earliestReturn = done[i] ? earliestReturn : Math.Min(earliestReturn, history[i].Returned);
        }

        for (int i = 0; i < history.Length && !isComplete; i++)
        {
            TimedOperation<StoreCall> next = history[i];
            if (done[i] || next.Invoked > earliestReturn
                || !model.TryApply(state, next.Operation, next.IsKnown, out TState after))
            {
                continue;
            }

            done[i] = true;
            isComplete = HasOrder(history, done, model, after);
            done[i] = false;
        }

        return isComplete;
    }
}

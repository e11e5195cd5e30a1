using Concord.Simulation.Checking;

namespace Concord.Simulation.Tests.Checking;

/// <summary>Histories as a right register or counter would give them; some with an answer that is off.</summary>
internal static class RandomHistories
{
    /// <summary>Reads, writes and compare-and-sets of a few values that come again and again.</summary>
    public static TimedOperation<StoreCall>[] Register(SimRandom random, int count) =>
        WithMistake(random, Draw(random, count, new RegisterHistoryModel(), (place, _) => random.Next(4) switch
        {
            0 => new(StoreVerb.Write, 1 + random.Next(3), null, null),
            1 => new(StoreVerb.CompareAndSet, 1 + random.Next(3), OneOf(random, 3), null),
            _ => new(StoreVerb.Read, null, null, null),
        }));

    /// <summary>Reads and writes; each value is written once.</summary>
    public static TimedOperation<StoreCall>[] UniqueRegister(SimRandom random, int count) =>
        WithMistake(random, Draw(random, count, new RegisterHistoryModel(), (place, _) => random.Chance(0.5)
            ? new(StoreVerb.Write, place + 1, null, null)
            : new(StoreVerb.Read, null, null, null)));

    /// <summary>Additions and reads.</summary>
    public static TimedOperation<StoreCall>[] Counter(SimRandom random, int count) =>
        WithMistake(random, Draw(random, count, new CounterHistoryModel(), (place, _) => random.Chance(0.6)
            ? new(StoreVerb.Add, random.Next(-2, 4), null, null)
            : new(StoreVerb.Read, null, null, null)));

    /// <summary>Without a mistake: several clients, each with one operation at a time.</summary>
    public static TimedOperation<StoreCall>[] LegalRegister(
        SimRandom random, int count, int clients, double unknown, bool compares = true)
    {
        long[] free = new long[clients];
        var history = new TimedOperation<StoreCall>[count];
        var model = new RegisterHistoryModel();
        long? state = null;
        long effect = 0;
        for (int place = 0; place < count; place++)
        {
            // Whoever is free first goes on. Each takes effect after the one before, some time before it returns.
            int client = Array.IndexOf(free, free.Min());
            long invoked = free[client] + 1 + random.Next(5);
            effect = Math.Max(invoked, effect);
            StoreCall call = random.Next(compares ? 5 : 4) switch
            {
                0 => new(StoreVerb.Write, place + 1, null, null),
                4 => new(StoreVerb.CompareAndSet, place + 1, random.Chance(0.7) ? state : place, null),
                _ => new(StoreVerb.Read, null, null, null),
            };
            (call, state) = Answer(model, call, state);
            free[client] = effect + 1 + random.Next(20);
            history[place] = new(call, invoked, random.Chance(unknown) ? long.MaxValue : free[client]);
        }

        return history;
    }

    private static TimedOperation<StoreCall>[] Draw<TState>(
        SimRandom random, int count, IHistoryModel<StoreCall, TState> model, Func<int, TState, StoreCall> draw)
    {
        long[] moments = [.. Enumerable.Range(0, count).Select(_ => (long)random.Next(100)).Order()];
        var history = new TimedOperation<StoreCall>[count];
        TState state = model.Initial;
        for (int i = 0; i < count; i++)
        {
            StoreCall call = draw(i, state);
            bool isUnknown = random.Chance(0.12);
            bool isLost = isUnknown && random.Chance(0.5);
            (StoreCall answered, TState next) = Answer(model, call, state);
            state = isLost ? state : next;
            history[i] = new(
                answered,
                moments[i] - random.Next(25),
                isUnknown ? long.MaxValue : moments[i] + random.Next(25));
        }

        return history;
    }

    /// <summary>Finds the answer by asking for each.</summary>
    private static (StoreCall Call, TState Next) Answer<TState>(
        IHistoryModel<StoreCall, TState> model, StoreCall call, TState state)
    {
        model.TryApply(state, call, isKnown: false, out TState next);
        long? held = (next as object) is long number ? number : null;
        StoreCall answered = call.Verb switch
        {
            StoreVerb.Read or StoreVerb.Add => call with { Result = held },
            StoreVerb.CompareAndSet => call with { Result = call.Expected == (state as long?) ? 1 : 0 },
            _ => call,
        };
        Assert.True(model.TryApply(state, answered, isKnown: true, out next));
        return (answered, next);
    }

    private static TimedOperation<StoreCall>[] WithMistake(SimRandom random, TimedOperation<StoreCall>[] history)
    {
        int place = random.Next(history.Length * 2);
        if (place < history.Length && history[place].Operation is { Verb: not StoreVerb.Write } call)
        {
            long? wrong = call.Verb == StoreVerb.CompareAndSet ? 1 - call.Result : OneOf(random, history.Length + 1);
            history[place] = history[place] with { Operation = call with { Result = wrong } };
        }

        return history;
    }

    private static long? OneOf(SimRandom random, int count) =>
        random.Next(count + 1) is > 0 and var value ? value : null;
}

using Concord.Simulation.Checking;

namespace Concord.Simulation.Tests.Checking;

/// <summary>The search against all permutations, and the zones against the search, on random histories.</summary>
public sealed class LinearizabilityCheckerTests
{
    private const int Histories = 30_000;

    [Fact]
    public void Search_agrees_with_all_permutations()
    {
        SimRandom random = new(1);
        int illegal = 0;
        for (int i = 0; i < Histories; i++)
        {
            RegisterOperationRecord[] history = Draw(random, 1 + random.Next(6), uniqueValues: random.Chance(0.5));
            bool legal = HasOrder(history, new bool[history.Length], 0);
            Assert.True(
                legal == (LinearizabilityChecker.Check(history).Verdict == CheckVerdict.Legal),
                $"history {i}, legal {legal}: {string.Join("; ", history)}");
            illegal += legal ? 0 : 1;
        }

        Assert.InRange(illegal, Histories / 20, Histories * 19 / 20);
    }

    [Fact]
    public void Zones_agree_with_the_search_where_values_are_unique()
    {
        SimRandom random = new(2);
        int illegal = 0;
        for (int i = 0; i < Histories; i++)
        {
            RegisterOperationRecord[] history = Draw(random, 2 + random.Next(12), uniqueValues: true);
            CheckVerdict expected = LinearizabilityChecker.Check(history).Verdict;
            CheckVerdict actual = ZoneChecker.Check(history).Verdict;
            Assert.True(expected == actual, $"history {i}, {expected}: {string.Join("; ", history)}");
            illegal += expected == CheckVerdict.Illegal ? 1 : 0;
        }

        Assert.InRange(illegal, Histories / 20, Histories * 19 / 20);
    }

    [Fact]
    public void A_search_that_is_too_long_says_that_nothing_is_known()
    {
        RegisterOperationRecord[] history =
        [
            .. Enumerable.Range(1, 30).Select(static i => new RegisterOperationRecord(true, (ulong)i, 0, 100)),
            new(false, 99, 200, 201),
        ];
        Assert.Equal(CheckVerdict.Unknown, LinearizabilityChecker.Check(history, stepsMax: 1000).Verdict);
    }

    [Fact]
    public void A_history_that_is_too_long_is_refused()
    {
        RegisterOperationRecord[] history =
            [.. Enumerable.Range(1, 129).Select(static i => new RegisterOperationRecord(true, (ulong)i, i, i))];
        Assert.Throws<ArgumentException>(() => LinearizabilityChecker.Check(history));
    }

    /// <summary>Some histories as a register would give them, some with a read that is off.</summary>
    private static RegisterOperationRecord[] Draw(SimRandom random, int count, bool uniqueValues)
    {
        var operations = new (long At, RegisterOperationRecord Operation)[count];
        long[] moments = [.. Enumerable.Range(0, count).Select(_ => (long)random.Next(100)).Order()];
        ulong value = 0;
        for (int i = 0; i < count; i++)
        {
            bool isWrite = random.Chance(0.5);
            value = isWrite ? (uniqueValues ? (ulong)i + 1 : 1 + (ulong)random.Next(2)) : value;
            long returned = random.Chance(0.1) ? long.MaxValue : moments[i] + random.Next(25);
            bool isLost = isWrite && returned == long.MaxValue && random.Chance(0.5);
            operations[i] = (moments[i], new(isWrite, value, moments[i] - random.Next(25), returned));
            value = isLost ? 0 : value;
        }

        RegisterOperationRecord[] history = [.. operations.Select(static operation => operation.Operation)];
        int changed = random.Next(count * 2);
        if (changed < count && !history[changed].IsWrite)
        {
            history[changed] = history[changed] with { Value = (ulong)random.Next(count + 1) };
        }

        return history;
    }

    /// <summary>Tries every order, and every choice of unknown writes that happened.</summary>
    private static bool HasOrder(RegisterOperationRecord[] history, bool[] done, ulong value)
    {
        if (!history.Where((operation, i) => !done[i] && operation.IsKnown).Any())
        {
            return true;
        }

        for (int i = 0; i < history.Length; i++)
        {
            RegisterOperationRecord next = history[i];
            bool mayBeNext = !done[i] && (next.IsWrite || next.IsKnown)
                && !history.Where((other, j) => !done[j] && (other.IsKnown) && other.Returned < next.Invoked).Any();
            if (!mayBeNext || (!next.IsWrite && next.Value != value))
            {
                continue;
            }

            done[i] = true;
            if (HasOrder(history, done, next.IsWrite ? next.Value : value))
            {
                return true;
            }

            done[i] = false;
        }

        return false;
    }
}

namespace Concord.Simulation.Shrinking;

/// <summary>
/// Looks for a shorter run that breaks the same rule (delta debugging, Zeller and Hildebrandt 2002): leaves out
/// decisions, many at once first, then fewer, and keeps what still fails. What a run did not come to decide before it
/// failed is left out for nothing.
/// </summary>
internal sealed class SeedShrinker
{
    private const int HealStepsMax = 8;

    private readonly string _rule;
    private readonly int _runsMax;
    private SimulationPlan _best;
    private List<int> _kept;
    private long _end;
    private int _runs;

    private SeedShrinker(SimulationPlan plan, string rule, int runsMax)
    {
        (_best, _rule, _runsMax) = (plan, rule, runsMax);
        ISimulationWorld world = plan.NewWorld(new(keepsText: false));
        SimulationPlan.Run(world);
        _kept = [.. world.Decisions.Made];
        _end = world.Now;
        _runs = 1;
    }

    /// <param name="plan">A run that breaks a rule.</param>
    /// <param name="rule">Which one.</param>
    /// <param name="runsMax">So many runs at most.</param>
    public static ShrunkRun Shrink(SimulationPlan plan, string rule, int runsMax)
    {
        SeedShrinker shrinker = new(plan, rule, runsMax);
        int faultsBefore = shrinker._kept.Count(IsFault);
        int operationsBefore = shrinker._kept.Count - faultsBefore;
        shrinker.Search();
        return shrinker.Report(faultsBefore, operationsBefore);
    }

    private static bool IsFault(int decision) => !Decisions.IsOperation(decision);

    private void Search()
    {
        Try(_kept, _best.HealAtMilliseconds);
        foreach (int group in _kept.Select(Decisions.GroupOf).Distinct().ToArray())
        {
            Try([.. _kept.Where(decision => Decisions.GroupOf(decision) != group)], _best.HealAtMilliseconds);
        }

        int chunk = Math.Max(1, _kept.Count / 2);
        while (true)
        {
            bool anyDropped = DropChunks(chunk);
            if (_runs >= _runsMax || (chunk == 1 && !anyDropped))
            {
                break;
            }

            chunk = Math.Max(1, Math.Min(chunk / 2, _kept.Count / 2));
        }

        EndEarlier();
        DropAtRandom();
    }

    /// <summary>No single one can be left out; several together sometimes can, for each shifts what comes after
    /// it.</summary>
    private void DropAtRandom()
    {
        SimRandom random = new SimRandom(_best.Seed).Fork("shrinking");
        while (_runs < _runsMax && _kept.Count > 1)
        {
            double share = random.NextDouble() / 2;
            int[] left = [.. _kept.Where(_ => !random.Chance(share))];
            if (left.Length == _kept.Count)
            {
                left = [.. _kept.Skip(1)];
            }

            if (Try(left, _best.HealAtMilliseconds))
            {
                DropChunks(1);
            }
        }
    }

    /// <returns>Whether anything could be left out.</returns>
    private bool DropChunks(int chunk)
    {
        bool any = false;

        // From the end: what comes late rests on what comes early.
        for (int from = _kept.Count - chunk; from > -chunk && _runs < _runsMax; from -= chunk)
        {
            int first = Math.Max(from, 0);
            int count = Math.Min(chunk, _kept.Count - first);
            if (count > 0)
            {
                any |= Try([.. _kept.Take(first), .. _kept.Skip(first + count)], _best.HealAtMilliseconds);
            }
        }

        return any;
    }

    /// <summary>A run that fails to get well fails sooner when it is healed sooner.</summary>
    private void EndEarlier()
    {
        long end = _end;
        for (int i = 0; i < HealStepsMax && _runs < _runsMax; i++)
        {
            int earlier = (int)(_best.HealAtMilliseconds ?? (end / 1000)) / 2;
            if (earlier == 0 || !Try(_kept, earlier))
            {
                return;
            }
        }
    }

    private bool Try(IReadOnlyCollection<int> kept, int? healAt)
    {
        if (_runs >= _runsMax)
        {
            return false;
        }

        _runs++;
        SimulationPlan plan = _best with { Keep = kept, HealAtMilliseconds = healAt };
        ISimulationWorld world = plan.NewWorld(new(keepsText: false));
        if (SimulationPlan.Run(world)?.Invariant != _rule)
        {
            return false;
        }

        _kept = [.. world.Decisions.Made];
        _best = plan with { Keep = [.. _kept] };
        _end = world.Now;
        return true;
    }

    private ShrunkRun Report(int faultsBefore, int operationsBefore)
    {
        ISimulationWorld world = _best.NewWorld(new(keepsText: true));
        ViolatedException? violated = SimulationPlan.Run(world);
        int faults = _kept.Count(IsFault);
        return new(
            _best.Command, NumberList.Write(_kept), _best.HealAtMilliseconds,
            violated?.Detail ?? "it did not fail when it was repeated", faultsBefore, faults,
            operationsBefore, _kept.Count - faults, _runs, [.. world.Trace.Lines]);
    }
}

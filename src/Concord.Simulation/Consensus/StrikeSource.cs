using Concord.Simulation.Pictures;
using Concord.Simulation.Shrinking;

namespace Concord.Simulation.Consensus;

/// <summary>Strikes at random moments as the profile weighs them, and mends the network after a while.</summary>
internal sealed class StrikeSource(CoreWorld world, SimRandom random)
{
    private readonly int _weights = Sum(world.Profile.StrikeWeights);
    private int _count;
    private int _cuts;

    public void Begin() => world.Schedule(random.Exponential(world.Profile.StrikeMean), new(CoreEventKind.Strike, 0));

    public void Next()
    {
        if (world.IsHealed || _weights == 0)
        {
            return;
        }

        // From its number alone: what it does stays the same when others before it are left out.
        SimRandom draw = random.Fork((ulong)++_count);
        Strike strike = Draw(draw);
        Begin();
        if (!world.Decisions.Make(Decisions.Strike(_count)))
        {
            return;
        }

        if (world.Trace.KeepsText)
        {
            world.Note($"strike: {strike}");
        }

        world.Trace.Picture?.Mark(MarkKind.Fault, -1, world.Now, strike.ToString());
        Do(strike, draw);
    }

    public void Mend()
    {
        if (--_cuts == 0)
        {
            world.Network.MendAll();
        }
    }

    private Strike Draw(SimRandom draw)
    {
        int ticket = draw.Next(_weights);
        int kind = 0;
        while (ticket >= world.Profile.StrikeWeights[kind])
        {
            ticket -= world.Profile.StrikeWeights[kind++];
        }

        return (Strike)kind;
    }

    private void Do(Strike strike, SimRandom draw)
    {
        int count = world.Replicas.Length;
        int leader = world.FindLeader();
        SimReplica chosen = world.Replicas[draw.Next(count)];
        SimReplica leading = leader >= 0 ? world.Replicas[leader] : chosen;
        switch (strike)
        {
            case Strike.Crash:
                world.Faults.Count(FaultKind.Crash);
                CrashFor(chosen, draw.Between(10_000, 1_000_000));
                break;
            case Strike.CrashLeaderAfterAppend:
                leading.CrashAfterSends = draw.Next(count);
                break;
            case Strike.CrashAll:
                world.Faults.Count(FaultKind.CrashAll);
                foreach (SimReplica replica in world.Replicas)
                {
                    CrashFor(replica, draw.Between(10_000, 300_000));
                }

                break;
            case Strike.Pause:
                Pause(chosen, draw);
                break;
            case Strike.PauseLeader:
                Pause(leading, draw);
                break;
            case Strike.ClockRate:
                world.Faults.Count(FaultKind.ClockRate);
                chosen.SetClockRate(draw.Between(0.5, 2.0));
                break;
            case Strike.StallDisk:
                chosen.StalledUntil = world.Now + draw.Between(50_000, 1_000_000);
                world.Trace.Picture?.Span(
                    SpanKind.DiskStalled, chosen.Place, world.Now, chosen.StalledUntil, "the disk is slow");
                break;
            default:
                CutLinks(strike, chosen.Place, leading.Place, draw);
                break;
        }
    }

    private void CrashFor(SimReplica replica, long downtime)
    {
        if (replica.IsUp)
        {
            replica.Crash();
            world.Schedule(downtime, new(CoreEventKind.Restart, replica.Place));
        }
    }

    private void Pause(SimReplica replica, SimRandom draw)
    {
        world.Faults.Count(FaultKind.Pause);
        long longest = draw.Chance(0.7) ? 4 * world.Profile.ElectionTimeout : 5_000_000;
        replica.PausedUntil = world.Now + draw.Between(100_000, Math.Max(100_000, longest));
        world.Trace.Picture?.Span(
            SpanKind.Paused, replica.Place, world.Now, replica.PausedUntil, "paused, its clock goes on");
    }

    private void CutLinks(Strike strike, int chosen, int leader, SimRandom draw)
    {
        world.Faults.Count(strike switch
        {
            Strike.PartitionHalves => FaultKind.Partition,
            Strike.OneWay => FaultKind.OneWayPartition,
            Strike.Bridge => FaultKind.BridgePartition,
            _ => FaultKind.NodeIsolated,
        });
        int count = world.Replicas.Length;
        int side = 1 + draw.Next((1 << count) - 2);
        int target = strike == Strike.IsolateLeader ? leader : chosen;
        for (int from = 0; from < count; from++)
        {
            for (int to = 0; to < count; to++)
            {
                bool crosses = ((side >> from) & 1) != ((side >> to) & 1);
                bool cut = strike switch
                {
                    Strike.PartitionHalves => crosses,
                    Strike.OneWay => crosses && ((side >> from) & 1) == 1,

                    // Everybody reaches the bridge, and only neighbours reach each other.
                    Strike.Bridge => from != target && to != target && crosses,
                    _ => from == target || to == target,
                };
                if (cut && from != to)
                {
                    world.Network.Cut(from, to);
                }
            }
        }

        world.Network.ShowCuts();
        _cuts++;
        world.Schedule(draw.Between(50_000, 1_500_000), new(CoreEventKind.StrikeEnds, 0));
    }

    private static int Sum(int[] weights)
    {
        int sum = 0;
        foreach (int weight in weights)
        {
            sum += weight;
        }

        return sum;
    }
}

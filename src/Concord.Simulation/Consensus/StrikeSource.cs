namespace Concord.Simulation.Consensus;

/// <summary>Strikes at random moments as the profile weighs them, and mends the network after a while.</summary>
internal sealed class StrikeSource(CoreWorld world, SimRandom random)
{
    private readonly int _weights = Sum(world.Profile.StrikeWeights);
    private int _cuts;

    public void Begin() => world.Schedule(random.Exponential(world.Profile.StrikeMean), new(CoreEventKind.Strike, 0));

    public void Next()
    {
        if (world.IsHealed || _weights == 0)
        {
            return;
        }

        Strike strike = Draw();
        if (world.Trace.KeepsText)
        {
            world.Note($"strike: {strike}");
        }

        Do(strike);
        Begin();
    }

    public void Mend()
    {
        if (--_cuts == 0)
        {
            world.Network.MendAll();
        }
    }

    private Strike Draw()
    {
        int ticket = random.Next(_weights);
        int kind = 0;
        while (ticket >= world.Profile.StrikeWeights[kind])
        {
            ticket -= world.Profile.StrikeWeights[kind++];
        }

        return (Strike)kind;
    }

    private void Do(Strike strike)
    {
        int count = world.Replicas.Length;
        int leader = world.FindLeader();
        SimReplica chosen = world.Replicas[random.Next(count)];
        SimReplica leading = leader >= 0 ? world.Replicas[leader] : chosen;
        switch (strike)
        {
            case Strike.Crash:
                world.Faults.Count(FaultKind.Crash);
                CrashFor(chosen, random.Between(10_000, 1_000_000));
                break;
            case Strike.CrashLeaderAfterAppend:
                leading.CrashAfterSends = random.Next(count);
                break;
            case Strike.CrashAll:
                world.Faults.Count(FaultKind.CrashAll);
                foreach (SimReplica replica in world.Replicas)
                {
                    CrashFor(replica, random.Between(10_000, 300_000));
                }

                break;
            case Strike.Pause:
                Pause(chosen);
                break;
            case Strike.PauseLeader:
                Pause(leading);
                break;
            case Strike.ClockRate:
                world.Faults.Count(FaultKind.ClockRate);
                chosen.SetClockRate(random.Between(0.5, 2.0));
                break;
            case Strike.StallDisk:
                chosen.StalledUntil = world.Now + random.Between(50_000, 1_000_000);
                break;
            default:
                CutLinks(strike, chosen.Place, leading.Place);
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

    private void Pause(SimReplica replica)
    {
        world.Faults.Count(FaultKind.Pause);
        long longest = random.Chance(0.7) ? 4 * world.Profile.ElectionTimeout : 5_000_000;
        replica.PausedUntil = world.Now + random.Between(100_000, Math.Max(100_000, longest));
    }

    private void CutLinks(Strike strike, int chosen, int leader)
    {
        world.Faults.Count(strike switch
        {
            Strike.PartitionHalves => FaultKind.Partition,
            Strike.OneWay => FaultKind.OneWayPartition,
            Strike.Bridge => FaultKind.BridgePartition,
            _ => FaultKind.NodeIsolated,
        });
        int count = world.Replicas.Length;
        int side = 1 + random.Next((1 << count) - 2);
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

        _cuts++;
        world.Schedule(random.Between(50_000, 1_500_000), new(CoreEventKind.StrikeEnds, 0));
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

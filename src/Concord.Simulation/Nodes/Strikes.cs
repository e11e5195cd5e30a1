using Concord.Simulation.Consensus;

namespace Concord.Simulation.Nodes;

/// <summary>What goes wrong on purpose, one strike after the other until the healing.</summary>
internal sealed class Strikes(NodeWorld world, SimRandom random)
{
    private const long Millisecond = 1000;

    public void Begin() => world.Schedule(random.Exponential(world.Profile.StrikeMean), Next);

    private void Next()
    {
        if (world.IsHealing)
        {
            return;
        }

        if (Draw() is { } strike)
        {
            world.Say($"strike: {strike}");
            world.Trace.Add((ulong)world.Now, (ulong)strike, 5);
            Hit(strike);
        }

        world.Schedule(1 + random.Exponential(world.Profile.StrikeMean), Next);
    }

    private NodeStrike? Draw()
    {
        int[] weights = world.Profile.StrikeWeights;
        int total = weights.Sum();
        if (total == 0)
        {
            return null;
        }

        int drawn = random.Next(total);
        int strike = 0;
        while (drawn >= weights[strike])
        {
            drawn -= weights[strike++];
        }

        return (NodeStrike)strike;
    }

    private void Hit(NodeStrike strike)
    {
        SimNode node = world.Nodes[random.Next(world.Nodes.Count)];
        switch (strike)
        {
            case NodeStrike.Crash:
                world.Faults.Count(FaultKind.Crash);
                Crash(node);
                break;
            case NodeStrike.CrashInDiskWork when node.IsUp:
                node.CrashInDiskWork(random.Next(60));
                break;
            case NodeStrike.CrashAll:
                world.Faults.Count(FaultKind.CrashAll);
                foreach (SimNode each in world.Nodes)
                {
                    Crash(each);
                }

                break;
            case NodeStrike.Isolate:
                world.Faults.Count(FaultKind.NodeIsolated);
                Cut(place => place == node.Place, bothWays: true);
                break;
            case NodeStrike.OneWay:
                world.Faults.Count(FaultKind.OneWayPartition);
                Cut(place => place == node.Place, bothWays: false);
                break;
            case NodeStrike.Split:
                world.Faults.Count(FaultKind.Partition);
                ulong side = random.Next();
                Cut(place => (side >> place & 1) == 0, bothWays: true);
                break;
            case NodeStrike.Pause:
                world.Faults.Count(FaultKind.Pause);
                node.Pause(world.Now + random.Between(10 * Millisecond, 1500 * Millisecond));
                break;
            case NodeStrike.ClockRate:
                world.Faults.Count(FaultKind.ClockRate);
                node.SetClockRate(random.Between(0.7, 1.4));
                break;
            case NodeStrike.SyncFailure when node.IsUp:
                node.FailNextSync();
                break;
            case NodeStrike.DiskStall:
                world.Faults.Count(FaultKind.DiskStall);
                node.StallDisk(world.Now + random.Between(50 * Millisecond, 1500 * Millisecond));
                break;
            case NodeStrike.FullDisk:
                node.FillDisk(random.Next(96 << 10));
                world.Schedule(random.Between(200 * Millisecond, 3000 * Millisecond), node.FreeDisk);
                break;
            case NodeStrike.ClientCrash:
                world.Faults.Count(FaultKind.ClientCrash);
                world.Users[random.Next(world.Users.Count)].Crash();
                break;
            default:
                HitLink(strike);
                break;
        }
    }

    private void HitLink(NodeStrike strike)
    {
        IReadOnlyList<SimLink> links = world.Network.Links;
        if (links.Count == 0)
        {
            return;
        }

        SimLink link = links[random.Next(links.Count)];
        SimStream stream = random.Chance(0.5) ? link.ToAcceptor : link.ToDialer;
        switch (strike)
        {
            case NodeStrike.Stall:
                world.Faults.Count(FaultKind.MessageDelayedLong);
                stream.StalledUntil = world.Now + random.Between(20 * Millisecond, 2000 * Millisecond);
                break;
            case NodeStrike.Reset:
                world.Faults.Count(FaultKind.ConnectionReset);
                world.Network.Break(link);
                break;
            case NodeStrike.Damage:
                stream.DamageNext = true;
                break;
        }
    }

    private void Crash(SimNode node)
    {
        if (node.IsUp)
        {
            node.Crash("struck", isPowerLoss: random.Chance(0.7));
            world.RestartLater(node);
        }
    }

    /// <summary>Nothing passes between two sides for a while; some connections do not survive it.</summary>
    private void Cut(Func<int, bool> isThere, bool bothWays)
    {
        long until = world.Now + random.Between(50 * Millisecond, 1800 * Millisecond);
        int places = world.Nodes.Count + world.Users.Count;
        for (int from = 0; from < places; from++)
        {
            for (int to = 0; to < places; to++)
            {
                if (isThere(from) != isThere(to) && (bothWays || isThere(from)))
                {
                    world.Network.Block(from, to, until);
                }
            }
        }

        foreach (SimLink link in world.Network.Links.ToArray())
        {
            if (isThere(link.Dialer.Place) != isThere(link.Acceptor.Place) && random.Chance(0.4))
            {
                world.ScheduleAt(random.Between(world.Now, until), () => world.Network.Break(link));
            }
        }
    }
}

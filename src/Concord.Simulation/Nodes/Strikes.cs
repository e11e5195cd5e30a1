using Concord.Simulation.Consensus;
using Concord.Simulation.Pictures;
using Concord.Simulation.Shrinking;

namespace Concord.Simulation.Nodes;

/// <summary>What goes wrong on purpose, one strike after the other until the healing.</summary>
internal sealed class Strikes(NodeWorld world, SimRandom random)
{
    private const long Millisecond = 1000;

    private int _count;

    public void Begin() => world.Schedule(random.Exponential(world.Profile.StrikeMean), Next);

    private void Next()
    {
        if (world.IsHealing)
        {
            return;
        }

        // From its number alone: what it does stays the same when others before it are left out.
        SimRandom draw = random.Fork((ulong)++_count);
        if (Draw(draw) is { } strike && world.Decisions.Make(Decisions.Strike(_count)))
        {
            world.Trace.Picture?.Mark(MarkKind.Fault, -1, world.Now, strike.ToString());
            world.Say($"strike: {strike}");
            world.Trace.Add((ulong)world.Now, (ulong)strike, 5);
            Hit(strike, draw);
        }

        world.Schedule(1 + random.Exponential(world.Profile.StrikeMean), Next);
    }

    private NodeStrike? Draw(SimRandom draw)
    {
        int[] weights = world.Profile.StrikeWeights;
        int total = weights.Sum();
        if (total == 0)
        {
            return null;
        }

        int drawn = draw.Next(total);
        int strike = 0;
        while (drawn >= weights[strike])
        {
            drawn -= weights[strike++];
        }

        return (NodeStrike)strike;
    }

    private void Hit(NodeStrike strike, SimRandom draw)
    {
        SimNode node = world.Nodes[draw.Next(world.Nodes.Count)];
        switch (strike)
        {
            case NodeStrike.Crash:
                world.Faults.Count(FaultKind.Crash);
                Crash(node, draw);
                break;
            case NodeStrike.CrashInDiskWork when node.IsUp:
                node.CrashInDiskWork(draw.Next(60));
                break;
            case NodeStrike.CrashAll:
                world.Faults.Count(FaultKind.CrashAll);
                foreach (SimNode each in world.Nodes)
                {
                    Crash(each, draw);
                }

                break;
            case NodeStrike.Isolate:
                world.Faults.Count(FaultKind.NodeIsolated);
                Cut(place => place == node.Place, bothWays: true, draw);
                break;
            case NodeStrike.OneWay:
                world.Faults.Count(FaultKind.OneWayPartition);
                Cut(place => place == node.Place, bothWays: false, draw);
                break;
            case NodeStrike.Split:
                world.Faults.Count(FaultKind.Partition);
                ulong side = draw.Next();
                Cut(place => (side >> place & 1) == 0, bothWays: true, draw);
                break;
            case NodeStrike.Pause:
                world.Faults.Count(FaultKind.Pause);
                node.Pause(world.Now + draw.Between(10 * Millisecond, 1500 * Millisecond));
                world.Trace.Picture?.Span(
                    SpanKind.Paused, node.Place, world.Now, node.PausedUntil, "paused, its clock goes on");
                break;
            case NodeStrike.ClockRate:
                world.Faults.Count(FaultKind.ClockRate);
                node.SetClockRate(draw.Between(world.Profile.ClockRates.Low, world.Profile.ClockRates.High));
                break;
            case NodeStrike.SyncFailure when node.IsUp:
                node.FailNextSync();
                break;
            case NodeStrike.DiskStall:
                world.Faults.Count(FaultKind.DiskStall);
                long stalledUntil = world.Now + draw.Between(50 * Millisecond, 1500 * Millisecond);
                node.StallDisk(stalledUntil);
                world.Trace.Picture?.Span(
                    SpanKind.DiskStalled, node.Place, world.Now, stalledUntil, "the disk is slow");
                break;
            case NodeStrike.FullDisk:
                node.FillDisk(random.Next(96 << 10));
                world.Schedule(random.Between(200 * Millisecond, 3000 * Millisecond), node.FreeDisk);
                break;
            case NodeStrike.ClientPause:
                world.Faults.Count(FaultKind.ClientPause);
                world.Users[draw.Next(world.Users.Count)].Pause(world.Now + SilenceOf(draw));
                break;
            case NodeStrike.ClientCut:
                world.Faults.Count(FaultKind.ClientCut);
                SimUser user = world.Users[draw.Next(world.Users.Count)];
                Cut(place => place == user.Place, bothWays: draw.Chance(0.5), draw, SilenceOf(draw));
                break;
            case NodeStrike.ClientCrash:
                world.Faults.Count(FaultKind.ClientCrash);
                world.Users[draw.Next(world.Users.Count)].Crash();
                break;
            default:
                HitLink(strike, draw);
                break;
        }
    }

    private void HitLink(NodeStrike strike, SimRandom draw)
    {
        IReadOnlyList<SimLink> links = world.Network.Links;
        if (links.Count == 0)
        {
            return;
        }

        SimLink link = links[draw.Next(links.Count)];
        SimStream stream = draw.Chance(0.5) ? link.ToAcceptor : link.ToDialer;
        switch (strike)
        {
            case NodeStrike.Stall:
                world.Faults.Count(FaultKind.MessageDelayedLong);
                stream.StalledUntil = world.Now + draw.Between(20 * Millisecond, 2000 * Millisecond);
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

    /// <summary>Often longer than a session lives.</summary>
    private long SilenceOf(SimRandom draw) =>
        draw.Between(100 * Millisecond, Math.Min(2 * world.Profile.SessionTimeout, 3500 * Millisecond));

    private void Crash(SimNode node, SimRandom draw)
    {
        if (node.IsUp)
        {
            node.Crash("struck", isPowerLoss: draw.Chance(0.7));
            world.RestartLater(node);
        }
    }

    /// <summary>Nothing passes between two sides for a while; some connections do not survive it.</summary>
    private void Cut(Func<int, bool> isThere, bool bothWays, SimRandom draw, long? duration = null)
    {
        long until = world.Now + (duration ?? draw.Between(50 * Millisecond, 1800 * Millisecond));
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

        world.Network.ShowCuts(until);
        foreach (SimLink link in world.Network.Links.ToArray())
        {
            if (isThere(link.Dialer.Place) != isThere(link.Acceptor.Place) && draw.Chance(0.4))
            {
                world.ScheduleAt(draw.Between(world.Now, until), () => world.Network.Break(link));
            }
        }
    }
}

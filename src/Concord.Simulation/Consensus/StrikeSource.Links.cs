using Concord.Simulation.Pictures;

namespace Concord.Simulation.Consensus;

/// <content>The network and the clocks.</content>
internal sealed partial class StrikeSource
{
    private void StrikeTime(Strike strike, SimReplica chosen, SimReplica leading)
    {
        switch (strike)
        {
            case Strike.Pause:
                Pause(chosen);
                break;
            case Strike.PauseLeader:
                Pause(leading);
                break;
            case Strike.ClockRate:
                world.Faults.Count(FaultKind.ClockRate);
                chosen.SetClockRate(_draw.Between(world.Profile.ClockRateMin, world.Profile.ClockRateMax));
                break;
            case Strike.ClockSkew:
                // A slow leader that is cut off, and others that are in a hurry to forget it.
                world.Faults.Count(FaultKind.ClockSkew);
                foreach (SimReplica replica in world.Replicas)
                {
                    replica.SetClockRate(
                        replica == leading ? world.Profile.ClockRateMin : world.Profile.ClockRateMax);
                }

                CutLinks(
                    _draw.Chance(0.5) ? Strike.IsolateLeader : Strike.DeafLeader, chosen.Place, leading.Place);
                break;
            case Strike.ClockStep when world.Profile.ClocksMayJump:
                world.Faults.Count(FaultKind.ClockStep);
                chosen.StepClock(_draw.Between(10_000, 10_000_000));
                break;
            case Strike.ClockFreeze when world.Profile.ClocksMayJump:
                world.Faults.Count(FaultKind.ClockFrozen);
                chosen.SetClockRate(0);
                world.Schedule(_draw.Between(50_000, 2_000_000), new(CoreEventKind.Aftershock, chosen.Place));
                break;
        }
    }

    private void Pause(SimReplica replica)
    {
        world.Faults.Count(FaultKind.Pause);
        long longest = _draw.Chance(0.7) ? 4 * world.Profile.ElectionTimeout : 5_000_000;
        replica.PausedUntil = world.Now + _draw.Between(100_000, Math.Max(100_000, longest));
        world.Trace.Picture?.Span(
            SpanKind.Paused, replica.Place, world.Now, replica.PausedUntil, "paused, its clock goes on");
    }

    private void StrikeLinks(Strike strike, SimReplica chosen)
    {
        int count = world.Replicas.Length;
        switch (strike)
        {
            case Strike.ResetConnections:
                for (int other = 0; other < count; other++)
                {
                    if (other != chosen.Place)
                    {
                        world.Network.Reset(chosen.Place, other);
                        world.Network.Reset(other, chosen.Place);
                    }
                }

                break;
            case Strike.Clog:
                world.Network.Clog(
                    chosen.Place, _draw.Next(count), world.Now + _draw.Between(20_000, 2_000_000));
                break;
            case Strike.Swizzle:
                // Nodes stop hearing one after the other, and begin to hear again in another order.
                world.Faults.Count(FaultKind.Swizzle);
                for (int to = 0; to < count; to++)
                {
                    long until = world.Now + _draw.Between(20_000, 1_000_000);
                    for (int from = 0; from < count && _draw.Chance(0.8); from++)
                    {
                        world.Network.Clog(from, to, until);
                    }
                }

                break;
            default:
                chosen.SlowUntil = world.Now + _draw.Between(50_000, 2_000_000);
                break;
        }
    }

    private void CutLinks(Strike strike, int chosen, int leader)
    {
        world.Faults.Count(strike switch
        {
            Strike.PartitionHalves => FaultKind.Partition,
            Strike.OneWay => FaultKind.OneWayPartition,
            Strike.Bridge => FaultKind.BridgePartition,
            Strike.DeafLeader => FaultKind.DeafLeader,
            _ => FaultKind.NodeIsolated,
        });
        int count = world.Replicas.Length;
        int side = 1 + _draw.Next((1 << count) - 2);
        int target = strike is Strike.IsolateLeader or Strike.DeafLeader ? leader : chosen;
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
                    Strike.DeafLeader => to == target,
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
        world.Schedule(_draw.Between(50_000, 1_500_000), new(CoreEventKind.StrikeEnds, 0));
    }
}

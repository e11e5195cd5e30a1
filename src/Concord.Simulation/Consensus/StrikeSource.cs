using Concord.Simulation.Pictures;
using Concord.Simulation.Shrinking;

namespace Concord.Simulation.Consensus;

/// <summary>Strikes at random moments as the profile weighs them, and mends the network after a while.</summary>
internal sealed partial class StrikeSource(CoreWorld world, SimOperator @operator, SimRandom random)
{
    private readonly int _weights = Sum(world.Profile.StrikeWeights);
    private readonly SimRandom _source = random;
    private SimRandom _draw = random;
    private int _count;
    private int _cuts;

    public void Begin() => world.Schedule(_source.Exponential(world.Profile.StrikeMean), new(CoreEventKind.Strike, 0));

    public void Next()
    {
        if (world.IsHealed || _weights == 0)
        {
            return;
        }

        // From its number alone: what it does stays the same when others before it are left out.
        _draw = _source.Fork((ulong)++_count);
        Strike strike = Draw();
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
        SimReplica chosen = Choose();
        Do(strike, chosen, world.FindLeader() is var leader and >= 0 ? world.Replicas[leader] : chosen);
    }

    public void Mend()
    {
        if (--_cuts == 0 && !world.IsHealed)
        {
            world.Network.MendAll();
        }
    }

    /// <summary>What follows a strike later: the clock of a replica goes on, or it falls again.</summary>
    /// <param name="place">Whose.</param>
    /// <param name="falls">How many times more it falls; zero for a clock that goes on.</param>
    public void Aftershock(int place, long falls)
    {
        SimReplica replica = world.Replicas[place];
        if (world.IsHealed)
        {
            return;
        }

        if (falls == 0)
        {
            replica.SetClockRate(1);
        }
        else
        {
            CrashAgain(replica, falls);
        }
    }

    private Strike Draw()
    {
        int ticket = _draw.Next(_weights);
        int kind = 0;
        while (ticket >= world.Profile.StrikeWeights[kind])
        {
            ticket -= world.Profile.StrikeWeights[kind++];
        }

        return (Strike)kind;
    }

    /// <summary>Any node that is meant to run.</summary>
    private SimReplica Choose()
    {
        int place = _draw.Next(world.Replicas.Length);
        while (!world.Replicas[place].IsEnrolled)
        {
            place = (place + 1) % world.Replicas.Length;
        }

        return world.Replicas[place];
    }

    private void Do(Strike strike, SimReplica chosen, SimReplica leading)
    {
        switch (strike)
        {
            case <= Strike.CrashLoop:
                StrikeDown(strike, chosen, leading);
                break;
            case <= Strike.ClockFreeze:
                StrikeTime(strike, chosen, leading);
                break;
            case <= Strike.DeafLeader:
                CutLinks(strike, chosen.Place, leading.Place);
                break;
            case <= Strike.SlowReceiver:
                StrikeLinks(strike, chosen);
                break;
            case Strike.StallDisk:
                chosen.StalledUntil = world.Now + _draw.Between(50_000, 1_000_000);
                world.Trace.Picture?.Span(
                    SpanKind.DiskStalled, chosen.Place, world.Now, chosen.StalledUntil, "the disk is slow");
                break;
            case <= Strike.ChangeAndPartition:
                StrikeMembers(strike, chosen, leading);
                break;
            default:
                StrikeDisk(strike, chosen);
                break;
        }
    }

    private void StrikeDown(Strike strike, SimReplica chosen, SimReplica leading)
    {
        switch (strike)
        {
            case Strike.Crash:
                world.Faults.Count(FaultKind.Crash);
                CrashFor(chosen, _draw.Between(10_000, 1_000_000));
                break;
            case Strike.CrashLeaderAfterAppend:
                leading.CrashAfterSends = _draw.Next(world.Replicas.Length);
                break;
            case Strike.CrashLoop:
                world.Faults.Count(FaultKind.CrashLoop);
                CrashAgain(chosen, 2 + _draw.Next(6));
                break;
            default:
                world.Faults.Count(FaultKind.CrashAll);
                foreach (SimReplica replica in world.Replicas)
                {
                    CrashFor(replica, _draw.Between(10_000, 300_000));
                }

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

    /// <summary>Comes up, runs for a moment, falls: what is there only for a moment must not be trusted
    /// longer.</summary>
    private void CrashAgain(SimReplica replica, long falls)
    {
        long downtime = _draw.Between(1_000, 30_000);
        CrashFor(replica, downtime);
        if (falls > 1)
        {
            long uptime = _draw.Between(1_000, 2 * world.Profile.ElectionTimeout);
            world.Schedule(downtime + uptime, new(CoreEventKind.Aftershock, replica.Place, falls - 1));
        }
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

using Concord.Consensus;

namespace Concord.Simulation.Consensus;

/// <summary>
/// Which losses the protocol promises to survive, so that nothing worse is asked of it. A replica that crashed comes
/// back with what it had synced, and any number may be down at once. A replica that has lost what it had synced, in
/// part or wholly, counts for nothing until it has made up for it or was replaced: in every membership in force those
/// that are whole must be able to elect a leader, and no change of members may take that from them.
/// </summary>
internal sealed class FaultModel(CoreWorld world)
{
    private readonly List<Membership> _inForce = [];

    /// <summary>Replicas that hold all that they ever said they hold, running or not.</summary>
    public ulong Whole
    {
        get
        {
            ulong whole = 0;
            foreach (SimReplica replica in world.Replicas)
            {
                bool isWhole = !replica.Disk.IsWiped && !replica.Disk.IsImpaired && !replica.Disk.HasRegressed;
                whole |= isWhole ? Electorate.BitOf(replica.Place) : 0;
            }

            return whole;
        }
    }

    public bool MayLose(SimReplica victim) => CanElect(Whole & ~Electorate.BitOf(victim.Place));

    public bool CanElect(ulong replicas)
    {
        foreach (Membership membership in InForce())
        {
            if (!Electorate.Elects(membership, replicas))
            {
                return false;
            }
        }

        return true;
    }

    /// <summary>Whether an operator who knows what is broken would ask for this.</summary>
    public bool MayBecome(Membership target) => Electorate.Elects(target, Whole);

    public bool IsNamed(int place)
    {
        NodeId node = new((ushort)(place + 1));
        foreach (Membership membership in InForce())
        {
            if (membership.Contains(node))
            {
                return true;
            }
        }

        return false;
    }

    /// <summary>The membership that was committed last, and every later one that lies in anybody's log.</summary>
    public IReadOnlyList<Membership> InForce()
    {
        _inForce.Clear();
        LogEntry? committed = world.Rules.Committed.Tip?.Config;
        _inForce.Add(world.Rules.MembershipAt(world.Rules.Committed.Tip));
        if (world.Rules.NotLeftYet is { } before)
        {
            _inForce.Add(before);
        }

        foreach (SimReplica replica in world.Replicas)
        {
            AddLater(world.Rules.LogOf(replica), committed?.Index ?? 0);
            AddLater(replica.Disk.Log, committed?.Index ?? 0);
        }

        return _inForce;
    }

    private void AddLater(LogPath log, ulong committed)
    {
        foreach (LogEntry config in world.Rules.MembershipsBehind(log, committed))
        {
            Membership membership = world.Rules.MembershipAt(config);
            if (!_inForce.Contains(membership))
            {
                _inForce.Add(membership);
            }
        }
    }
}

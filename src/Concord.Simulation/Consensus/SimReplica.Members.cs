using Concord.Consensus;

namespace Concord.Simulation.Consensus;

/// <summary>What a node tells another of its group, so that heartbeats are not needed.</summary>
internal sealed record AliveSign(int From, Standing Standing);

/// <content>What the operator and the other nodes' hosts want of it.</content>
internal sealed partial class SimReplica
{
    /// <summary>Its process is meant to run.</summary>
    public bool IsEnrolled { get; private set; }

    /// <summary>It was in the group from its beginning, so it knows who else was.</summary>
    public bool IsFounder => Place < _world.Profile.Replicas;

    /// <summary>What it is given as its membership when nothing on its disk names one.</summary>
    public Membership FirstMembership => IsFounder ? _world.Membership : Membership.None;

    public void Enrol()
    {
        IsEnrolled |= !Disk.IsWiped;
        Start();
    }

    public void ShutDown()
    {
        IsEnrolled = false;
        if (IsUp)
        {
            Crash();
        }
    }

    private void OnOperate(OperatorRequest request)
    {
        if (!Settle())
        {
            return;
        }

        if (request.Wish is not { } wish)
        {
            request.Transferred = Core!.TransferLeadership(request.Successor);
            DrainSoon();
            return;
        }

        if (wish.Of(Core!.Membership) is not { } target || !_world.FaultModel.MayBecome(target))
        {
            return;
        }

        request.Changed = Core.ChangeMembership(target);
        if (_world.Trace.KeepsText)
        {
            _world.Note($"{Id} is asked for {wish.Kind} {wish.Node} {wish.Successor}: {target}: {request.Changed}");
        }

        // At once, so that the rules see each change by itself.
        Drain();
    }

    private void OnAlive(AliveSign sign)
    {
        if (Settle())
        {
            Core!.Alive(new((ushort)(sign.From + 1)), sign.Standing, Clock);
            DrainSoon();
        }
    }

    /// <summary>Tells every other node that this one is there and in which term it stands: one stream for all groups,
    /// beside the group's own messages.</summary>
    private void TellAlive(in CoreEvent next)
    {
        _world.Schedule(_world.Profile.HeartbeatInterval, next);
        ReplicaStatus status = Core!.Status;
        AliveSign sign = new(Place, new(status.Stamp, status.Role == Role.Leader, status.CommitIndex));
        foreach (SimReplica other in _world.Replicas)
        {
            if (other != this && other.IsUp)
            {
                _world.Network.TellAlive(sign, other);
            }
        }
    }

    /// <summary>The host keeps the mark of a loss until the core says that it is made up for.</summary>
    private void NoteImpairment(in ReplicaStatus status)
    {
        if (Disk.IsImpaired == status.IsImpaired)
        {
            return;
        }

        if (status.IsImpaired)
        {
            SafetyRules.BecameImpaired(this);
            _world.Faults.Count(FaultKind.RegressionNoticed);
        }
        else
        {
            _world.Rules.Recovered(this);
            _world.Faults.Count(FaultKind.ImpairedRecovered);
        }

        Disk.IsImpaired = status.IsImpaired;
    }
}

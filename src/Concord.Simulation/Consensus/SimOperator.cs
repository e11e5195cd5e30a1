using Concord.Consensus;

namespace Concord.Simulation.Consensus;

/// <summary>
/// Whoever runs the group: adds members, promotes, removes and replaces them, asks again when refused, gives up, wants
/// two things at once, and sometimes asks one that only believes to lead. It starts new nodes and shuts removed ones
/// down. It knows what is broken and asks for nothing that would break the group for good.
/// </summary>
internal sealed class SimOperator(CoreWorld world, SimRandom random)
{
    private const int PatienceMax = 40;

    /// <summary>Acts on what was planned for now.</summary>
    public void On(Errand errand)
    {
        if (world.IsHealed)
        {
            return;
        }

        if (errand.IsDone)
        {
            ShutDownFormer(errand);
            return;
        }

        Ask(errand);
        if (--errand.Patience <= 0)
        {
            while (!errand.IsDone)
            {
                errand.Advance();
            }
        }

        bool urgent = errand.IsDone || random.Chance(0.2);
        world.Schedule(urgent ? random.Between(1_000, 10_000) : random.Between(10_000, 150_000), Due(errand));
    }

    public void Add()
    {
        if (Enrol() is { } newcomer)
        {
            Begin(new(WishKind.AddLearner, newcomer), new(WishKind.Promote, newcomer));
        }
    }

    public void Remove(SimReplica replica)
    {
        if (world.Members.Voters.Count <= world.Profile.VotersMin)
        {
            Add();
            return;
        }

        Begin(new MemberWish(WishKind.Remove, replica.Id));
    }

    public void Demote(SimReplica replica) =>
        Begin(new(WishKind.Demote, replica.Id), new(WishKind.Promote, replica.Id));

    /// <summary>A new node takes the place of another; without one the other is only removed.</summary>
    public void Replace(SimReplica replica)
    {
        if (Enrol() is { } newcomer)
        {
            Begin(new(WishKind.AddLearner, newcomer), new(WishKind.Replace, replica.Id, newcomer));
        }
        else
        {
            Begin(new MemberWish(WishKind.Remove, replica.Id));
        }
    }

    public void ChangeCommitSize()
    {
        int size = random.Next((world.Members.Voters.Count / 2) + 2);
        Begin(new MemberWish(WishKind.CommitSize, default, default, size));
    }

    public void Transfer()
    {
        if (PickLeader() is not { } leader)
        {
            return;
        }

        NodeId target = random.Chance(0.4) ? NodeId.None : world.Replicas[random.Next(world.Replicas.Length)].Id;
        OperatorRequest request = new() { Successor = target };
        leader.On(new(CoreEventKind.Operate, leader.Place, Subject: request));
        world.Faults.Count(request.Transferred == TransferResult.Accepted
            ? FaultKind.LeadershipTransfer
            : FaultKind.TransferRefused);
    }

    private static CoreEvent Due(Errand errand) => new(CoreEventKind.Errand, 0, Subject: errand);

    private void Begin(params ReadOnlySpan<MemberWish> wishes) =>
        world.Schedule(random.Between(0, 5_000), Due(new(1 + random.Next(PatienceMax), wishes)));

    private void Ask(Errand errand)
    {
        if (PickLeader() is not { } leader)
        {
            return;
        }

        OperatorRequest request = new() { Wish = errand.Next };
        leader.On(new(CoreEventKind.Operate, leader.Place, Subject: request));
        if (request.Changed is null)
        {
            return;
        }

        if (request.Changed == MembershipChange.Accepted)
        {
            world.Faults.Count(KindOf(errand.Next, leader));
            errand.Advance();
        }
        else
        {
            world.Faults.Count(request.Changed == MembershipChange.AnotherUnderWay
                ? FaultKind.TwoChangesInFlight
                : FaultKind.ChangeRefused);
        }
    }

    private static FaultKind KindOf(MemberWish wish, SimReplica leader) => wish.Kind switch
    {
        WishKind.AddLearner => FaultKind.LearnerAdded,
        WishKind.Promote => FaultKind.LearnerPromoted,
        WishKind.Demote => FaultKind.VoterDemoted,
        WishKind.Replace => FaultKind.MemberReplaced,
        WishKind.CommitSize => FaultKind.CommitSizeChanged,
        _ when wish.Node == leader.Id => FaultKind.LeaderRemoved,
        _ => FaultKind.MemberRemoved,
    };

    /// <summary>Mostly the newest leader, sometimes one that does not know yet that it leads no more.</summary>
    private SimReplica? PickLeader()
    {
        int leader = world.FindLeader();
        if (leader >= 0 && random.Chance(0.3))
        {
            int start = random.Next(world.Replicas.Length);
            for (int i = 0; i < world.Replicas.Length; i++)
            {
                SimReplica other = world.Replicas[(start + i) % world.Replicas.Length];
                leader = other.Core?.Status.Role == Role.Leader ? other.Place : leader;
            }
        }

        return leader >= 0 && world.Replicas[leader].PausedUntil <= world.Now ? world.Replicas[leader] : null;
    }

    /// <summary>Starts a node that is not in the group: a new one, or one that left it and kept its disk.</summary>
    private NodeId? Enrol()
    {
        int start = random.Next(world.Replicas.Length);
        for (int i = 0; i < world.Replicas.Length; i++)
        {
            SimReplica spare = world.Replicas[(start + i) % world.Replicas.Length];
            if (!spare.IsEnrolled && !spare.Disk.IsWiped && !world.FaultModel.IsNamed(spare.Place))
            {
                world.Faults.Count(spare.Disk.Log.Last > 0 ? FaultKind.FormerMemberReturns : FaultKind.EmptyNodeJoins);
                spare.Enrol();
                return spare.Id;
            }
        }

        return null;
    }

    private void ShutDownFormer(Errand errand)
    {
        for (int i = errand.Places.Count - 1; i >= 0; i--)
        {
            SimReplica replica = world.Replicas[errand.Places[i]];
            if (world.FaultModel.IsNamed(replica.Place))
            {
                continue;
            }

            errand.Places.RemoveAt(i);
            if (replica.IsEnrolled)
            {
                world.Faults.Count(FaultKind.NodeShutDown);
                replica.ShutDown();
            }
        }

        if (errand.Places.Count > 0)
        {
            world.Schedule(random.Between(50_000, 1_500_000), Due(errand));
        }
    }
}

using Concord.Consensus;

namespace Concord.Simulation.Consensus;

/// <content>After the time of troubles: who lives on, and what being well means.</content>
internal sealed partial class CoreWorld
{
    private ulong _dead;
    private int _deaf = -1;

    /// <summary>A node that a client would ask: any that is meant to run.</summary>
    public int PickTarget(SimRandom random)
    {
        int place = random.Next(Replicas.Length);
        while (!Replicas[place].IsEnrolled)
        {
            place = (place + 1) % Replicas.Length;
        }

        return place;
    }

    private void Heal()
    {
        Trace.Picture?.Healed(Now);
        _healed = true;
        Profile.Heal();
        Network.MendAll();
        if (Profile.LeavesDeaf)
        {
            DeafenLeader();
        }

        if (Profile.LeavesDead)
        {
            ChooseDead();
        }

        foreach (SimReplica replica in Replicas)
        {
            replica.PausedUntil = replica.StalledUntil = replica.SlowUntil = 0;
            replica.SetClockRate(1);
            bool staysUp = (Electorate.BitOf(replica.Place) & _dead) == 0
                && (FaultModel.IsNamed(replica.Place) || Profile.FormerMembersStay);
            if (staysUp)
            {
                // Whoever is named is started, also one that had been shut down before it was named again.
                replica.Enrol();
            }
            else if (replica.IsEnrolled)
            {
                replica.ShutDown();
            }
        }

        if (Trace.KeepsText)
        {
            Note($"everything is healed; who is left: {string.Join(' ', Replicas.Select(static r => r.Describe()))}");
        }
    }

    /// <summary>
    /// Some never come back: any that those who are left can do without, in every membership in force. Who is impaired
    /// may stay so, for it waits for every other voter, so it counts among those that are done without.
    /// </summary>
    private void ChooseDead()
    {
        int wanted = 1 + _healing.Next(Replicas.Length);
        int start = _healing.Next(Replicas.Length);
        for (int i = 0; i < Replicas.Length && wanted > 0; i++)
        {
            int place = (start + i) % Replicas.Length;
            ulong dead = _dead | Electorate.BitOf(place);
            ulong deaf = _deaf >= 0 ? Electorate.BitOf(_deaf) : 0;
            if (place != _deaf && Replicas[place].IsEnrolled && FaultModel.CanElect(FaultModel.Whole & ~dead & ~deaf))
            {
                _dead = dead;
                wanted--;
                Faults.Count(FaultKind.NeverComesBack);
            }
        }
    }

    /// <summary>One way only, and for good: what it says arrives, and it never learns whether it does.</summary>
    private void DeafenLeader()
    {
        int leader = FindLeader();
        if (leader < 0 || !FaultModel.CanElect(FaultModel.Whole & ~Electorate.BitOf(leader)))
        {
            return;
        }

        _deaf = leader;
        Faults.Count(FaultKind.LeaderStaysDeaf);
        for (int from = 0; from < Replicas.Length; from++)
        {
            if (from != leader)
            {
                Network.Cut(from, leader);
            }
        }
    }

    private bool HasRecovered()
    {
        foreach (SimClient client in _clients)
        {
            if (!client.IsFinished)
            {
                return false;
            }
        }

        Membership members = Members;
        int leader = FindLeader();
        if (leader < 0 || leader == _deaf || members.IsJoint || !members.IsVoter(Replicas[leader].Id)
            || Replicas[leader].Core!.Status.LastIndex.Value != Rules.Committed.Last)
        {
            return false;
        }

        foreach (SimReplica replica in Replicas)
        {
            bool mustFollow = members.Contains(replica.Id) && replica.IsEnrolled && !replica.Disk.IsWiped
                && replica.Place != _deaf;
            if (mustFollow && (!replica.IsUp || replica.Applied != Rules.Committed.Last))
            {
                return false;
            }
        }

        return HaveMadeUp(members);
    }

    /// <summary>Whoever lost something counts again, once every other voter has answered it who has lost nothing
    /// itself: with one of those missing it waits, as it should.</summary>
    private bool HaveMadeUp(Membership members)
    {
        foreach (NodeId node in members.Members)
        {
            bool mayWait = members.Voters.Any(voter => voter != node && (IsMissing(voter) || IsImpaired(voter)));
            if (IsImpaired(node) && !mayWait)
            {
                return false;
            }
        }

        return true;
    }

    /// <summary>In the end the members that live hold the same, byte by byte.</summary>
    private void CheckStates()
    {
        Membership members = Members;
        byte[] expected = Replicas[FindLeader()].SaveState();
        foreach (SimReplica replica in Replicas)
        {
            bool mustEqual = replica.IsUp && members.Contains(replica.Id) && replica.Place != _deaf;
            if (mustEqual && !replica.SaveState().AsSpan().SequenceEqual(expected))
            {
                throw new ViolatedException(
                    "replicas-are-equal", $"{replica.Id} holds another state than {Replicas[FindLeader()].Id}");
            }
        }
    }

    private bool IsMissing(NodeId node) =>
        Electorate.PlaceOf(node) is var place && (place == _deaf || !Replicas[place].IsUp);

    private bool IsImpaired(NodeId node) =>
        Replicas[Electorate.PlaceOf(node)].Core is { Status.IsImpaired: true };
}

using Concord.Consensus;

namespace Concord.Simulation.Consensus;

/// <content>Linearizable reads without a log entry (thesis 6.4).</content>
internal abstract partial class SafetyRules
{
    /// <summary>Whether a leader has committed an entry of its own.</summary>
    protected abstract bool HasCommittedIn(ReplicaGhost ghost, Stamp stamp);

    public void ReadRequested(SimReplica replica, ulong context)
    {
        ReplicaGhost ghost = _ghosts[replica.Place];
        ReplicaStatus status = replica.Core!.Status;
        ghost.Reads.Add(context, new(
            status.Stamp, Committed.Last, _world.Steps, status.Role == Role.Leader, _newest > status.Stamp));
    }

    public void ReadAnswered(SimReplica replica, in ReadResult result)
    {
        ReplicaGhost ghost = _ghosts[replica.Place];
        Check(
            ghost.Reads.Remove(result.Context, out ReadGhost read),
            "read-answered-once", replica, $"answers read {result.Context} again");
        Check(
            result.Index.Value >= read.Floor,
            "read-sees-what-was-committed", replica,
            $"reads at {result.Index}, and {read.Floor} was committed before it was asked");
        if (read.AtLeader)
        {
            CheckConfirmed(replica, ghost, read);
        }
        else
        {
            _world.Faults.Count(FaultKind.FollowerRead);
        }
    }

    private void CheckConfirmed(SimReplica replica, ReplicaGhost ghost, in ReadGhost read)
    {
        Check(
            ghost.Stamp == read.Stamp,
            "read-in-one-term", replica, $"took a read in {read.Stamp} and answers it in {ghost.Stamp}");
        Check(
            HasCommittedIn(ghost, read.Stamp),
            "read-after-own-commit", replica, $"reads in {read.Stamp} before it has committed anything of that term");
        ulong confirmed = Electorate.BitOf(replica.Place);
        for (int i = 0; i < _ghosts.Length; i++)
        {
            (Stamp stamp, long step) = ghost.Confirmed[i];
            confirmed |= stamp == read.Stamp && step > read.Step ? Electorate.BitOf(i) : 0;
        }

        Membership membership = InForce(ghost);
        bool isConfirmed = Electorate.Commits(membership, confirmed)
            || (PlacesStandAlone && Electorate.Commits(ghost.InForceBefore!, confirmed));
        if (isConfirmed)
        {
            return;
        }

        Check(
            _world.Profile.LeaderLease,
            "read-is-confirmed", replica,
            $"reads in {read.Stamp}, confirmed since it was asked by {Electorate.Tell(membership, confirmed)}");
        _world.Faults.Count(FaultKind.LeaseRead);
        Check(
            !read.IsSuperseded,
            "lease-excludes-other-leaders", replica,
            $"reads in {read.Stamp} by its lease, and a newer term had a leader when it was asked");
    }
}

using Concord.Consensus;

namespace Concord.Simulation.Consensus;

/// <content>Changes of members, and losses of what was durable.</content>
internal sealed partial class StrikeSource
{
    private static readonly DiskLoss[] s_recordLosses = [DiskLoss.TornRecord, DiskLoss.BitFlip, DiskLoss.WholeLog];
    private static readonly DiskLoss[] s_voteLosses = [DiskLoss.Vote, DiskLoss.HardState];

    private void StrikeMembers(Strike strike, SimReplica chosen, SimReplica leading)
    {
        switch (strike)
        {
            case Strike.Transfer:
                @operator.Transfer();
                break;
            case Strike.TransferFromDeaf:
                // The old leader does not hear that it was replaced.
                @operator.Transfer();
                CutLinks(Strike.DeafLeader, chosen.Place, leading.Place);
                break;
            case Strike.AddMember:
                @operator.Add();
                break;
            case Strike.RemoveMember:
                @operator.Remove(chosen);
                break;
            case Strike.RemoveLeader:
                @operator.Remove(leading);
                break;
            case Strike.DemoteMember:
                @operator.Demote(chosen);
                break;
            case Strike.ReplaceMember:
                @operator.Replace(chosen);
                break;
            case Strike.ChangeCommitSize when world.Profile.CommitSizeChanges:
                @operator.ChangeCommitSize();
                break;
            case Strike.TwoChanges:
                @operator.Add();
                @operator.Remove(Choose());
                break;
            case Strike.ChangeAndPartition:
                world.Faults.Count(FaultKind.ChangeDuringPartition);
                @operator.Replace(chosen);
                CutLinks(
                    _draw.Chance(0.5) ? Strike.PartitionHalves : Strike.IsolateLeader, chosen.Place, leading.Place);
                break;
        }
    }

    private void StrikeDisk(Strike strike, SimReplica chosen)
    {
        if (strike == Strike.Regress)
        {
            Regress(chosen);
            return;
        }

        if (!chosen.IsUp || !world.FaultModel.MayLose(chosen))
        {
            return;
        }

        if (strike == Strike.Wipe)
        {
            world.Faults.Count(FaultKind.DiskWiped);
            chosen.Crash();
            chosen.Disk.Wipe();
            @operator.Replace(chosen);
            return;
        }

        DiskLoss[] losses = strike == Strike.LoseVote ? s_voteLosses : s_recordLosses;
        DiskLoss loss = losses[_draw.Next(losses.Length)];
        world.Faults.Count(loss switch
        {
            DiskLoss.TornRecord => FaultKind.RecordTorn,
            DiskLoss.BitFlip => FaultKind.BitFlip,
            DiskLoss.WholeLog => FaultKind.LogLost,
            _ => FaultKind.VoteLost,
        });
        CrashFor(chosen, _draw.Between(1_000, 400_000));
        chosen.Disk.Lose(loss);
        world.Rules.Lost(chosen);
        if (world.Trace.KeepsText)
        {
            world.Note($"{chosen.Id} loses: {loss}");
        }
    }

    /// <summary>
    /// The end of a follower's log is gone, and its host does not see it. No replica can be trusted that forgets
    /// without knowing it; what the protocol promises is to notice it by what the leader counts on, and until then
    /// nothing may rest on what was lost: so only what is committed and lies on all other voters is taken.
    /// </summary>
    private void Regress(SimReplica chosen)
    {
        ulong last = chosen.Disk.Log.Last;
        ulong from = Math.Max(last - Math.Min(last, (ulong)_draw.Next(8)), chosen.Disk.SnapshotIndex + 1);
        bool isFollower = chosen.Core?.Status.Role is Role.Follower or Role.Learner && world.FindLeader() >= 0;
        if (!isFollower || from > last || !world.FaultModel.MayLose(chosen)
            || world.Rules.Committed.At(last) is not { } entry || !chosen.Disk.Log.HoldsValue(entry))
        {
            return;
        }

        foreach (SimReplica other in world.Replicas)
        {
            bool isNamed = other != chosen && world.FaultModel.IsNamed(other.Place);
            if (isNamed && !other.Disk.Log.HoldsValue(entry))
            {
                return;
            }
        }

        world.Faults.Count(FaultKind.LogRegressed);
        CrashFor(chosen, _draw.Between(1_000, 20_000));
        if (chosen.Disk.Log.Last >= from)
        {
            chosen.Disk.Regress(from);
        }
    }
}

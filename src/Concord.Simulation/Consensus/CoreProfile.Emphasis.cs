namespace Concord.Simulation.Consensus;

/// <content>What each profile is for.</content>
internal sealed partial class CoreProfile
{
    private void Emphasize(string name, SimRandom random)
    {
        switch (name)
        {
            case "leader-churn":
                // Figure 8 of the Raft paper needs leaders that fall right after they appended, again and again.
                Only((Strike.CrashLeaderAfterAppend, 6), (Strike.IsolateLeader, 3), (Strike.Crash, 1));
                StrikeMean = random.Between(60 * Millisecond, 250 * Millisecond);
                ElectionTimeout = random.Between(50 * Millisecond, 120 * Millisecond);
                HeartbeatInterval = ElectionTimeout / 5;
                TickInterval = HeartbeatInterval / 2;
                ThinkMean = random.Between(2 * Millisecond, 10 * Millisecond);
                break;
            case "partition-storm":
                Only((Strike.PartitionHalves, 3), (Strike.OneWay, 3), (Strike.Bridge, 2), (Strike.IsolateLeader, 3));
                StrikeMean = random.Between(100 * Millisecond, 400 * Millisecond);
                break;
            case "slow-lossy-dup":
                DelayMin = random.Between(Millisecond, 15 * Millisecond);
                DelayMean = random.Between(10 * Millisecond, 50 * Millisecond);
                LossChance = random.Between(0.05, 0.25);
                DuplicateChance = random.Between(0.05, 0.3);
                ReplayChance = random.Between(0.02, 0.2);
                TailChance = 0.005;
                LinkCapacity = 3 + random.Next(18);
                break;
            case "disk-storm":
                Only(
                    (Strike.Crash, 5), (Strike.CrashAll, 2), (Strike.StallDisk, 3), (Strike.CrashLeaderAfterAppend, 2));
                SyncMean = random.Between(3 * Millisecond, 40 * Millisecond);
                StallChance = 0.01;
                CrashInEffectsChance = random.Between(0.0, 0.002);
                StrikeMean = random.Between(100 * Millisecond, 400 * Millisecond);
                break;
            case "clock-pause":
                Only(
                    (Strike.Pause, 5), (Strike.ClockRate, 4), (Strike.PauseLeader, 4), (Strike.ClockStep, 2),
                    (Strike.ClockFreeze, 2));
                StrikeMean = random.Between(150 * Millisecond, 500 * Millisecond);
                break;
            case "snapshot-storm":
                SnapshotEvery = 5 + random.Next(16);
                SnapshotRetain = random.Next(4);
                AppendBytesMax = 40 + random.Next(100);
                ThinkMean = random.Between(2 * Millisecond, 10 * Millisecond);
                StrikeWeights[(int)Strike.Crash] += 3;
                StrikeWeights[(int)Strike.Isolate] += 4;
                break;
            case "read-heavy":
                ReadShare = random.Between(0.6, 0.9);
                ThinkMean = random.Between(2 * Millisecond, 8 * Millisecond);
                StrikeWeights[(int)Strike.IsolateLeader] += 4;
                StrikeWeights[(int)Strike.PauseLeader] += 3;
                break;
            case "membership-storm":
                Only(
                    (Strike.AddMember, 5), (Strike.RemoveMember, 4), (Strike.RemoveLeader, 3), (Strike.DemoteMember, 2),
                    (Strike.ReplaceMember, 4), (Strike.TwoChanges, 4), (Strike.ChangeAndPartition, 3),
                    (Strike.ChangeCommitSize, 1), (Strike.Crash, 2), (Strike.CrashLeaderAfterAppend, 3),
                    (Strike.PartitionHalves, 2), (Strike.IsolateLeader, 2), (Strike.Transfer, 1), (Strike.Wipe, 1));
                Spares = 3 + random.Next(2);
                StrikeMean = random.Between(60 * Millisecond, 300 * Millisecond);
                break;
            case "transfer-lease":
                Only(
                    (Strike.Transfer, 3), (Strike.TransferFromDeaf, 4), (Strike.PauseLeader, 3), (Strike.Pause, 2),
                    (Strike.ClockRate, 2), (Strike.ClockSkew, 6), (Strike.IsolateLeader, 3),
                    (Strike.PartitionHalves, 2), (Strike.RemoveLeader, 1));
                ClockDriftMax = random.Between(0.2, 0.6);
                (CheckQuorum, LeaderLease) = (true, true);
                ReadShare = random.Between(0.5, 0.85);
                ThinkMean = random.Between(2 * Millisecond, 8 * Millisecond);
                StrikeMean = random.Between(200 * Millisecond, 600 * Millisecond);
                break;
            case "amnesia":
                Only(
                    (Strike.LoseRecords, 5), (Strike.LoseVote, 4), (Strike.Regress, 3), (Strike.Wipe, 2),
                    (Strike.Crash, 3), (Strike.CrashLeaderAfterAppend, 3), (Strike.CrashAll, 1),
                    (Strike.IsolateLeader, 3), (Strike.PartitionHalves, 2));
                Spares = 1 + random.Next(3);
                StrikeMean = random.Between(60 * Millisecond, 350 * Millisecond);
                break;
            case "quiet-group":
                Only(
                    (Strike.OneWay, 4), (Strike.DeafLeader, 4), (Strike.IsolateLeader, 3), (Strike.PauseLeader, 2),
                    (Strike.Crash, 2), (Strike.CrashLeaderAfterAppend, 1), (Strike.RemoveLeader, 1),
                    (Strike.Transfer, 1), (Strike.Regress, 1));
                HostTellsLiveness = true;
                HonoursNextTick = random.Chance(0.8);
                LeavesDeaf = random.Chance(0.6);
                ThinkMean = random.Between(50 * Millisecond, 400 * Millisecond);
                break;
        }
    }

    private void Only(params ReadOnlySpan<(Strike Strike, int Weight)> strikes)
    {
        Array.Clear(StrikeWeights);
        foreach ((Strike strike, int weight) in strikes)
        {
            StrikeWeights[(int)strike] = weight;
        }
    }
}

namespace Concord.Simulation.Consensus;

/// <summary>What is done to the group on purpose.</summary>
internal enum Strike
{
    Crash,
    CrashLeaderAfterAppend,
    CrashAll,
    Pause,
    PauseLeader,
    ClockRate,
    PartitionHalves,
    OneWay,
    Bridge,
    Isolate,
    IsolateLeader,
    StallDisk,
}

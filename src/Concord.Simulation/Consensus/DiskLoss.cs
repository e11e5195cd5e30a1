namespace Concord.Simulation.Consensus;

/// <summary>What a disk may lose of what it had synced.</summary>
internal enum DiskLoss
{
    /// <summary>The last record is torn.</summary>
    TornRecord,

    /// <summary>A flipped bit: nothing from some entry on can be trusted.</summary>
    BitFlip,

    /// <summary>The last vote.</summary>
    Vote,

    /// <summary>Term and vote.</summary>
    HardState,

    /// <summary>Term and vote and every entry behind the snapshot.</summary>
    WholeLog,
}

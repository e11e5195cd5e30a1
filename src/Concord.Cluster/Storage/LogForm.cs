namespace Concord.Cluster.Storage;

/// <summary>What kind of log the records of a shard make. They tell it themselves, for they never mix.</summary>
internal enum LogForm
{
    /// <summary>There is no record of it that would tell: the log is empty.</summary>
    Unknown,

    /// <summary>Each entry rests on the one before it (Raft).</summary>
    Chain,

    /// <summary>Each place stands for itself (Multi-Paxos).</summary>
    Places,
}

namespace Concord.Client.Administration;

/// <summary>One replica of one shard, as its node sees it.</summary>
internal sealed record ShardStatus
{
    public required int Shard { get; init; }

    /// <summary>Follower, Candidate, Leader.</summary>
    public required string Role { get; init; }

    /// <summary>The term, or with Multi-Paxos the round of the ballot.</summary>
    public required long Term { get; init; }

    /// <summary>With Multi-Paxos the node whose ballot it is: of two in the same round the higher one counts. 0 with
    /// Raft.</summary>
    public int TermOwner { get; init; }

    /// <summary>The node that leads, as far as this replica knows; 0 when it knows none.</summary>
    public required int Leader { get; init; }

    public required long LastIndex { get; init; }

    public required long DurableIndex { get; init; }

    public required long CommitIndex { get; init; }

    public required long AppliedIndex { get; init; }

    public required int Records { get; init; }

    public required long StateBytes { get; init; }

    /// <summary>Hex, over every record of the replica at <see cref="AppliedIndex"/>; empty when it was not asked
    /// for.</summary>
    public required string Digest { get; init; }

    /// <summary>Transactions that are prepared here, or decided here and not yet resolved everywhere.</summary>
    public required int InDoubt { get; init; }

    public required int Sessions { get; init; }
}

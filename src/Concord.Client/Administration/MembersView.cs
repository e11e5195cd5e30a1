namespace Concord.Client.Administration;

/// <summary>Which nodes there are and who holds what, as the node that was asked knows it.</summary>
internal sealed record MembersView
{
    public required string ClusterId { get; init; }

    /// <summary>How often the list of nodes was changed.</summary>
    public required ulong Version { get; init; }

    /// <summary>The node that says so.</summary>
    public required int AnsweredBy { get; init; }

    /// <summary>By number, those that were removed too.</summary>
    public required IReadOnlyList<MemberView> Nodes { get; init; }

    public required IReadOnlyList<ShardMembersView> Shards { get; init; }
}

/// <summary>One node.</summary>
internal sealed record MemberView
{
    /// <summary>Belongs to the cluster.</summary>
    public const string Member = "member";

    /// <summary>Was added, and has not been started yet.</summary>
    public const string Expected = "expected";

    /// <summary>What it holds goes to others.</summary>
    public const string Leaving = "leaving";

    /// <summary>Was taken out.</summary>
    public const string Removed = "removed";

    public required int Node { get; init; }

    public required string Address { get; init; }

    public required string State { get; init; }

    /// <summary>Since when the node that answers has not heard it, in milliseconds; null if there is no connection
    /// from it.</summary>
    public required long? SilentMilliseconds { get; init; }
}

/// <summary>The members of one shard.</summary>
internal sealed record ShardMembersView
{
    public required int Shard { get; init; }

    /// <summary>Zero when nobody is known to lead.</summary>
    public required int Leader { get; init; }

    public required IReadOnlyList<int> Voters { get; init; }

    /// <summary>Those that get everything and decide nothing yet.</summary>
    public required IReadOnlyList<int> Learners { get; init; }

    /// <summary>Where the shard shall be.</summary>
    public required IReadOnlyList<int> Wanted { get; init; }

    /// <summary>Whether the leader has said that it is there, by the newest list of nodes.</summary>
    public required bool IsSettled { get; init; }

    /// <summary>What it waits for; empty for nothing.</summary>
    public required string Waiting { get; init; }
}

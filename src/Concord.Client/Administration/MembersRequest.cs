namespace Concord.Client.Administration;

/// <summary>A question about the members of a cluster, or a wish to change them.</summary>
internal sealed record MembersRequest
{
    /// <summary>Which nodes there are and who holds what; any node answers, as far as it knows.</summary>
    public const string View = "view";

    /// <summary>A node with an empty folder asks who it is.</summary>
    public const string Join = "join";

    /// <summary>A node more, at <see cref="Address"/>.</summary>
    public const string Add = "add";

    /// <summary>Node <see cref="Node"/> goes.</summary>
    public const string Remove = "remove";

    /// <summary>A new node at <see cref="Address"/> takes the place of <see cref="Node"/>.</summary>
    public const string Replace = "replace";

    /// <summary>The leader of <see cref="Shard"/> hands over to <see cref="Node"/>, or to whom it thinks
    /// best.</summary>
    public const string Transfer = "transfer";

    public required string Action { get; init; }

    public int Node { get; init; }

    public int Shard { get; init; }

    public string? Address { get; init; }
}

/// <summary>What became of it; a refusal is a sentence instead.</summary>
internal sealed record MembersAnswer
{
    /// <summary>The node that it is about; for a join, who the asker is.</summary>
    public int Node { get; init; }

    /// <summary>The version of the directory that holds the change.</summary>
    public ulong Version { get; init; }

    /// <summary>Whether there was nothing to change: somebody asked for the same before.</summary>
    public bool WasDone { get; init; }

    /// <summary>For a join: how the cluster began, and the nodes that there are, as a node keeps them.</summary>
    public byte[]? Description { get; init; }
}

namespace Concord.Client.Administration;

/// <summary>What a change of members came to, for programs.</summary>
internal sealed record MembersResult
{
    /// <summary>The node that was added, removed or has taken over.</summary>
    public required int Node { get; init; }

    /// <summary>Its state now, as in <see cref="MemberView.State"/>.</summary>
    public required string State { get; init; }

    /// <summary>Whether somebody had asked for the same before.</summary>
    public required bool WasDone { get; init; }

    /// <summary>How long it took.</summary>
    public required double Seconds { get; init; }
}

/// <summary>What became of one hand-over, for programs.</summary>
internal sealed record TransferView
{
    public required int Shard { get; init; }

    public required int From { get; init; }

    public required int To { get; init; }

    /// <summary>From asking to seeing the new leader.</summary>
    public required double Milliseconds { get; init; }
}

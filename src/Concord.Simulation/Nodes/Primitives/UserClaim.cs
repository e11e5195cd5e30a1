using Concord.Client.Routing;

namespace Concord.Simulation.Nodes.Primitives;

/// <summary>A hold that a simulated client has asked for, and what it does with it.</summary>
internal sealed class UserClaim
{
    public required HeldRoot Root { get; init; }

    public required ClientClaim Claim { get; init; }

    /// <summary>What its client does once it holds.</summary>
    public required Action<UserClaim> Held { get; init; }

    /// <summary>What it does if it will never hold.</summary>
    public Action? Missed { get; init; }

    /// <summary>Whether its client has been told that it holds.</summary>
    public bool WasHeld { get; set; }

    public bool IsHeld => Claim.State == ClaimState.Held;
}

using Concord.Client.Routing;
using Concord.Engines;
using Concord.Operations;

namespace Concord.Simulation.Nodes.Primitives;

/// <summary>
/// A client believes to hold something from the moment it is told until it gives it up, is told that it is gone, or its
/// own clock says that its session may be over. It must not believe it a moment longer than it is so, whatever happens
/// to the network, to nodes and to itself; only an operator may take it away without asking.
/// </summary>
internal sealed class BeliefRules(NodeWorld world)
{
    private readonly HashSet<RequestKey> _taken = [];

    /// <summary>The log says that a hold has ended.</summary>
    public void Ended(HeldRoot root, RequestKey request, OperationCode by)
    {
        if (by == OperationCode.ForceRelease)
        {
            world.Faults.Count(FaultKind.HoldTaken);
            _taken.Add(request);
            return;
        }

        foreach (SimUser user in world.Users)
        {
            NodeRules.Require(
                !world.Profile.ClocksKeepTheirBound || !user.Believes(request),
                "the-client-s-deadline-comes-first",
                $"{root}: {by} ended {request}, and its client still believes in it");
        }
    }

    /// <summary>A client is told that it holds something.</summary>
    public void Held(SimUser user, HeldRoot root, ClientClaim claim)
    {
        long token = world.Primitives.HistoryOf(root).TokenOf(claim.Handle);
        NodeRules.Require(
            token == claim.Token,
            "held-as-the-log-says",
            $"{root}: {claim.Handle} holds with token {claim.Token}, and the log granted {token}");
        NodeRules.Require(
            root.IsQueue || !world.Profile.ClocksKeepTheirBound || !user.Believes(claim.Handle)
                || world.Primitives.HistoryOf(root).IsHeld(token, claim.Handle) || _taken.Contains(claim.Handle),
            "held-while-the-log-says-so",
            $"{root}: {claim.Handle} begins to believe that it holds, and it does not any more");
    }
}

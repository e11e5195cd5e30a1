using Concord.Cluster.Node;
using Concord.Encoding;
using Concord.Engines;
using Concord.Operations;

namespace Concord.Simulation.Nodes.Primitives;

/// <summary>Nothing is written under a fence that is not held, whoever thinks so: neither alone nor in a transaction;
/// and what a prepared transaction requires stays until it is resolved.</summary>
internal sealed class FenceRules(NodeWorld world)
{
    private readonly Dictionary<RequestKey, (HeldRoot Root, long Token, RequestKey? Handle)> _required = [];
    private readonly Dictionary<RequestKey, (HeldRoot Root, long Token)> _pinned = [];
    private readonly HashSet<RequestKey> _everPinned = [];

    /// <summary>A client commits this transaction, which requires that.</summary>
    public void Requires(RequestKey transaction, HeldRoot root, long token, RequestKey? handle) =>
        _required.Add(transaction, (root, token, handle));

    /// <summary>An entry was done, for the first time.</summary>
    public void Applied(uint shard, in Command command, in Execution execution)
    {
        if (!command.Fence.IsEmpty)
        {
            FenceView fence = FenceView.Read(command.Fence, command.Request.Slot);
            HeldRoot root = RootOf(fence.Root);
            RequestKey? handle = fence.Session.IsNone ? null : new(root.Slot, fence.Session, fence.Sequence);
            CheckHeld(root, fence.Token, handle, command.Request);
            world.Faults.Count(FaultKind.FencedWrite);
            return;
        }

        switch (command.Code)
        {
            case OperationCode.Prepare:
                var prepare = new ByteReader(command.Arguments);
                RequestKey prepared = PrepareTransaction.TransactionOf(ref prepare);
                if (IsRequiredIn(shard, prepared, out (HeldRoot Root, long Token, RequestKey? Handle) required)
                    && _everPinned.Add(prepared))
                {
                    // A second Prepare is answered from memory and holds nothing.
                    _pinned.Add(prepared, (required.Root, required.Token));
                    CheckHeld(required.Root, required.Token, required.Handle, prepared);
                }

                break;
            case OperationCode.Decide when TransactionAnswer.Read(
                new(execution.Answer, execution.Revision, execution.Payload.ToArray())).Decision
                    == TransactionDecision.Committed:
                if (IsRequiredIn(shard, command.Request, out required))
                {
                    CheckHeld(required.Root, required.Token, required.Handle, command.Request);
                    world.Faults.Count(FaultKind.FencedTransaction);
                }

                break;
            case OperationCode.Resolve:
                var resolve = new ByteReader(command.Arguments);
                foreach ((RequestKey transaction, _) in ResolveTransactions.ReadArguments(ref resolve))
                {
                    if (IsRequiredIn(shard, transaction, out _))
                    {
                        _pinned.Remove(transaction);
                    }
                }

                break;
        }
    }

    /// <summary>A hold has ended.</summary>
    public void Ended(HeldRoot root, RequestKey request, long token, OperationCode by)
    {
        foreach ((RequestKey transaction, (HeldRoot pinned, long required)) in _pinned)
        {
            NodeRules.Require(
                pinned != root || required != token,
                "what-is-required-stays",
                $"{root}: {by} ended {request}, which {transaction} requires and is not resolved");
        }
    }

    private bool IsRequiredIn(
        uint shard, RequestKey transaction, out (HeldRoot Root, long Token, RequestKey? Handle) required) =>
        _required.TryGetValue(transaction, out required) && required.Root.Shard == shard;

    private HeldRoot RootOf(ReadOnlySpan<byte> key)
    {
        foreach (HeldRoot root in world.Holdings.Roots)
        {
            if (root.Key.SequenceEqual(key))
            {
                return root;
            }
        }

        throw new InvalidOperationException("A fence of something that nobody holds here.");
    }

    private void CheckHeld(HeldRoot root, long token, RequestKey? handle, RequestKey writer) => NodeRules.Require(
        world.Primitives.HistoryOf(root).IsHeld(token, handle),
        "no-write-with-a-stale-fence",
        $"{writer} wrote under token {token} of {root}, which nobody held");
}

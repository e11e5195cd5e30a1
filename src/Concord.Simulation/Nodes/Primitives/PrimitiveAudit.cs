using Concord.Client.Routing;
using Concord.Engines;
using Concord.Operations.Queues;

namespace Concord.Simulation.Nodes.Primitives;

/// <summary>After all clients have given up: every message can be received and completed, then nothing is held and
/// nobody waits, and what clients were told of messages is so.</summary>
internal sealed class PrimitiveAudit(NodeWorld world, SimUser auditor)
{
    private const int Several = 3;

    private bool _isOver;

    /// <summary>What is still there.</summary>
    public string Obstacle { get; private set; } = "";

    /// <summary>Begins to receive all that there is.</summary>
    public void BeginToDrain()
    {
        foreach (QueueRules queue in world.Primitives.Queues)
        {
            Receive(queue.Root);
            Receive(queue.DeadRoot);
        }
    }

    /// <summary>There is nothing more to receive.</summary>
    public void EndDraining()
    {
        _isOver = true;
        auditor.GiveUpAll();
    }

    public bool IsDrained()
    {
        QueueRules? left = world.Primitives.Queues.FirstOrDefault(static queue => !queue.IsEmpty);
        Obstacle = left?.ToString() ?? "";
        return left is null;
    }

    /// <summary>Whoever thinks that it holds something does: also from whom it was taken. And whoever waits for
    /// something will get it: it stands in line for it.</summary>
    public bool IsNobodyWrong()
    {
        UserClaim? wrong = world.Users.SelectMany(static user => user.Claims).FirstOrDefault(IsWrong);
        Obstacle = wrong is null
            ? ""
            : $"{wrong.Claim.Handle} thinks that it is {wrong.Claim.State} at {wrong.Root}, {wrong.Claim.Left} left";
        return wrong is null;
    }

    private bool IsWrong(UserClaim own)
    {
        ClientClaim claim = own.Claim;
        RootHistory history = world.Primitives.HistoryOf(own.Root);
        return claim.State switch
        {
            ClaimState.Held => !history.IsHeld(claim.Token, claim.Handle),
            ClaimState.InLine => history.Now.WaitingBy(claim.Handle) != claim.Left,
            _ => false,
        };
    }

    public bool IsIdle()
    {
        HoldRules? held = world.Primitives.Holds.FirstOrDefault(static rules => !rules.IsIdle);
        QueueRules? waited = world.Primitives.Queues.FirstOrDefault(static rules => !rules.IsIdle);
        Obstacle = waited?.ToString() ?? held?.ToString() ?? "";
        return held is null && waited is null;
    }

    /// <summary>Every client was told what it watches as it is in the end.</summary>
    public bool IsTold(long counter)
    {
        SimUser? behind = world.Users.FirstOrDefault(user => user.Watches.HasMembers || user.Watches.Value != counter);
        Obstacle = behind is null ? "" : $"client {behind.Place} was told {behind.Watches.Value} of {counter}, "
            + $"members: {behind.Watches.HasMembers}";
        return behind is null;
    }

    public void CheckMessages()
    {
        var toldDone = new HashSet<(HeldRoot, ulong)>();
        foreach (UserOperation operation in world.Ledger.Operations)
        {
            bool happened = operation.Fate == Fate.Happened;
            foreach ((HeldRoot queue, ulong number) in operation.Sends)
            {
                NodeRules.Require(
                    !happened || world.Primitives.QueueOf(queue).Ever.Contains(number),
                    "what-was-sent-is-there",
                    $"{operation.What}: message {number} never came");
            }

            if (operation.Completes is { } done && happened)
            {
                NodeRules.Require(
                    world.Primitives.QueueOf(done.Queue).Completed.Contains(done.Number),
                    "what-was-completed-is-gone",
                    $"{operation.What}: message {done.Number} was not completed");
                NodeRules.Require(
                    toldDone.Add(done), "completed-once", $"{operation.What}: another was told so, too");
            }
        }

        CheckNothingElseCame();
        foreach (QueueRules queue in world.Primitives.Queues)
        {
            NodeRules.Require(
                queue.Ever.SetEquals(queue.Completed), "all-messages-are-accounted-for", $"{queue} has lost some");
        }
    }

    /// <summary>A message whose sending surely did not happen is not there.</summary>
    private void CheckNothingElseCame()
    {
        var sent = new HashSet<(HeldRoot, ulong)>(world.Ledger.Operations
            .Where(static operation => operation.Fate != Fate.DidNot)
            .SelectMany(static operation => operation.Sends));
        foreach (QueueRules queue in world.Primitives.Queues)
        {
            ulong stranger = queue.Ever.FirstOrDefault(number => !sent.Contains((queue.Root, number)));
            NodeRules.Require(stranger == 0, "nothing-else-came", $"{queue.Root}: nobody sent {stranger}");
        }
    }

    private void Receive(HeldRoot root)
    {
        if (_isOver)
        {
            return;
        }

        // Dead letters one by one: so both ways of asking have to get everything.
        bool asksForSeveral = world.Primitives.Queues.Any(queue => queue.Root == root);
        auditor.Claim(
            root,
            asksForSeveral
                ? new()
                {
                    Root = root.KeyMemory,
                    Code = OperationCode.ReceiveSeveral,
                    Arguments = ReceiveSeveral.Arguments(root.Key, Several, "auditor"),
                    Count = Several,
                }
                : new()
                {
                    Root = root.KeyMemory,
                    Code = OperationCode.Receive,
                    Arguments = ReceiveMessage.Arguments(root.Key, noWait: false, "auditor"),
                },
            delivery =>
            {
                auditor.End(delivery, new()
                {
                    What = $"complete {QueueWorkload.NumberOf(delivery)} of {root}",
                    Invoked = world.Now,
                    Call = Requests.CallOf(CompleteDelivery.Request(
                        root.Key, delivery.Claim.Sequence, delivery.Claim.Token)),
                });
                if (!asksForSeveral)
                {
                    Receive(root);
                }
            },
            () => Receive(root));
    }
}

using Concord.Cluster.Node;
using Concord.Client.Wire;
using Concord.Engines;

namespace Concord.Simulation.Nodes.Primitives;

/// <summary>Locks, elections, semaphores, groups and queues as the logs tell them: sees every entry once, in the order
/// of its shard, and looks at the roots that it may have changed.</summary>
internal sealed class PrimitiveRules(NodeWorld world)
{
    private readonly HoldRules[] _holds = [.. world.Holdings.Roots.Select(root => new HoldRules(world, root))];
    private readonly QueueRules[] _queues = [.. world.Holdings.Queues.Select(root => new QueueRules(world, root))];

    public IReadOnlyList<HoldRules> Holds => _holds;

    public IReadOnlyList<QueueRules> Queues => _queues;

    /// <summary>Requests whose answer has been seen: what is applied for them later changed nothing.</summary>
    private readonly HashSet<RequestKey> _answered = [];

    public FenceRules Fences { get; } = new(world);

    public BeliefRules Beliefs { get; } = new(world);

    public RootHistory HistoryOf(HeldRoot root) => root.IsQueue
        ? QueueOf(root) is var queue && queue.Root == root ? queue.History : QueueOf(root).DeadHistory
        : _holds.First(rules => rules.History.Root == root).History;

    public QueueRules QueueOf(HeldRoot root) => _queues.First(rules => rules.Root == root || rules.DeadRoot == root);

    public void Applied(Shard shard, in Command command, in Execution execution)
    {
        bool isFirst = execution.Status == ReplyStatus.Answered && execution.Answer != AnswerStatus.Blocked
            && (command.Request.Session.IsNone || _answered.Add(command.Request));

        // Before anything is looked at: what was there when the entry ran counts.
        if (isFirst && execution.Answer == AnswerStatus.Done)
        {
            Fences.Applied(shard.Id, command, execution);
        }

        if (!Concerns(command.Code, out bool anySlot))
        {
            return;
        }

        foreach (HoldRules rules in _holds)
        {
            HeldRoot root = rules.History.Root;
            if (root.Shard == shard.Id && (anySlot || root.Slot == command.Request.Slot))
            {
                rules.Applied(shard, command);
            }
        }

        foreach (QueueRules rules in _queues)
        {
            if (rules.Root.Shard == shard.Id && (anySlot || rules.Root.Slot == command.Request.Slot))
            {
                rules.Applied(shard, command, execution, isFirst);
            }
        }
    }

    /// <summary>A hold is not there any more.</summary>
    public void Ended(HeldRoot root, RequestKey request, long token, OperationCode by)
    {
        if (world.KeepsText)
        {
            world.Say($"{root}: {request} holds no more, by {by}");
        }

        Fences.Ended(root, request, token, by);
        Beliefs.Ended(root, request, by);
        if (by == OperationCode.CloseSession)
        {
            world.Faults.Count(FaultKind.HoldOfLostSession);
        }
    }

    private static bool Concerns(OperationCode code, out bool anySlot)
    {
        anySlot = code is OperationCode.CloseSession or OperationCode.Prepare or OperationCode.Decide
            or OperationCode.Resolve;
        return anySlot || code is >= OperationCode.Acquire and not OperationCode.VerifyHold;
    }
}

using Concord.Client.Wire;
using Concord.Cluster.Node;
using Concord.Engines;
using Concord.Operations.Queues;

namespace Concord.Simulation.Nodes.Primitives;

/// <summary>
/// A queue and its dead letters as the log tells them: a message comes once, goes when its delivery is completed and
/// not otherwise, is with one receiver at a time, and counts how often it was delivered and how often that failed.
/// </summary>
internal sealed class QueueRules(NodeWorld world, HeldRoot root)
{
    private readonly HeldRoot _deadRoot = root.DeadLetters();
    private readonly HashSet<ulong> _ever = [];
    private readonly HashSet<ulong> _completed = [];
    private RootHistory? _history;
    private RootHistory? _deadHistory;
    private QueueRecords _live = QueueRecords.None;
    private QueueRecords _dead = QueueRecords.None;
    private ulong _lastOrder;

    public HeldRoot Root => root;

    public HeldRoot DeadRoot => _deadRoot;

    public RootHistory History => _history ??= new(world, root);

    public RootHistory DeadHistory => _deadHistory ??= new(world, _deadRoot);

    /// <summary>Every message that was ever there.</summary>
    public IReadOnlySet<ulong> Ever => _ever;

    /// <summary>Every message that is done with.</summary>
    public IReadOnlySet<ulong> Completed => _completed;

    /// <summary>Nothing is in it, nobody waits for it, and no room is reserved.</summary>
    public bool IsIdle => IsEmpty && History.Now.Line.Count == 0 && DeadHistory.Now.Line.Count == 0
        && _live.Root is { Reserved: 0, ReservedBytes: 0 };

    public bool IsEmpty => _live.Messages.Count == 0 && _dead.Messages.Count == 0;

    public override string ToString() =>
        $"{root}: {_live.Messages.Count} messages, {_dead.Messages.Count} dead, {History.Now.Line.Count} in line, "
        + $"{History.Now.Holds.Count} in flight";

    public void Applied(Shard shard, in Command command, in Execution execution, bool isFirst)
    {
        History.Look(shard, command.Code);
        DeadHistory.Look(shard, command.Code);
        (QueueRecords before, QueueRecords deadBefore) = (_live, _dead);
        _live = QueueRecords.Of(shard, root, History.Now);
        _dead = QueueRecords.Of(shard, _deadRoot, DeadHistory.Now);
        var entry = new QueueEntry(command.Code, command.Request.Session, shard.Now.Milliseconds);
        int came = 0;
        foreach (MessageSeen message in _live.Messages.Values)
        {
            if (before.Messages.TryGetValue(message.Number, out MessageSeen? earlier))
            {
                MessageSteps.Check(world, root, entry, earlier, message);
            }
            else
            {
                came++;
                Came(message, entry);
            }
        }

        _lastOrder = _live.Messages.Values.Aggregate(
            _lastOrder, static (last, message) => Math.Max(last, message.Order));
        foreach (MessageSeen message in before.Messages.Values)
        {
            if (!_live.Messages.ContainsKey(message.Number))
            {
                Left(message, entry, before.Root.Settings.MaxFailures);
            }
        }

        CheckDead(deadBefore, before, entry);
        CheckOrder(root, before, _live);
        CheckOrder(_deadRoot, deadBefore, _dead);
        CheckCounts(root, _live, History.Now);
        CheckCounts(_deadRoot, _dead, DeadHistory.Now);
        CheckRoom(before, came);
        if (isFirst && command.Code == OperationCode.Enqueue && execution.Status == ReplyStatus.Answered
            && execution.Answer == AnswerStatus.Done)
        {
            int said = EnqueueMessages.Read(
                new(execution.Answer, execution.Revision, execution.Payload.ToArray()));
            NodeRules.Require(said == came, "as-many-as-it-says", $"{root}: {said} were new, and {came} came");
        }
    }

    private void Came(MessageSeen message, QueueEntry entry)
    {
        bool isSent = entry.Code is OperationCode.Enqueue or OperationCode.Decide or OperationCode.Resolve;
        NodeRules.Require(
            isSent && _ever.Add(message.Number),
            "a-message-comes-once",
            $"{root}: message {message.Number} came by {entry.Code}, known before: {_ever.Contains(message.Number)}");
        NodeRules.Require(
            message.Order > _lastOrder, "behind-all-others", $"{root}: message {message.Number} came before others");
        NodeRules.Require(
            message.Deliveries == (message.IsInFlight ? 1 : 0) && message.Failures == 0,
            "counted-from-nothing",
            $"{root}: message {message.Number} came with {message.Deliveries}/{message.Failures}");
    }

    private void Left(MessageSeen message, QueueEntry entry, int failuresMax)
    {
        if (_dead.Messages.ContainsKey(message.Number))
        {
            bool isAsked = entry.Code == OperationCode.FailDelivery && entry.Session == message.Holder.Session;
            NodeRules.Require(
                message.IsInFlight && (isAsked || message.Failures + 1 >= failuresMax),
                "dead-after-the-last-failure",
                $"{root}: message {message.Number} died by {entry.Code} after {message.Failures} failures");
            MessageSteps.CheckEnd(root, entry, message);
            world.Faults.Count(FaultKind.DeadLettered);
            return;
        }

        Complete(root, message, entry);
    }

    private void Complete(HeldRoot queue, MessageSeen message, QueueEntry entry)
    {
        bool isCompleted = entry.Code is OperationCode.Decide or OperationCode.Resolve
            || (entry.Code == OperationCode.CompleteDelivery && entry.Session == message.Holder.Session);
        NodeRules.Require(
            isCompleted && message.IsInFlight && _completed.Add(message.Number),
            "no-message-is-lost",
            $"{queue}: message {message.Number}, {message.Place}, is gone by {entry.Code}");
        if (entry.Code != OperationCode.CompleteDelivery)
        {
            world.Faults.Count(FaultKind.CompletedInTransaction);
        }
    }

    private void CheckDead(QueueRecords deadBefore, QueueRecords before, QueueEntry entry)
    {
        foreach (MessageSeen message in _dead.Messages.Values)
        {
            if (deadBefore.Messages.TryGetValue(message.Number, out MessageSeen? earlier))
            {
                MessageSteps.Check(world, _deadRoot, entry, earlier, message);
            }
            else
            {
                NodeRules.Require(
                    before.Messages.ContainsKey(message.Number) && !_live.Messages.ContainsKey(message.Number),
                    "dead-letters-were-messages",
                    $"{_deadRoot}: message {message.Number} is dead, and was not alive");
            }
        }

        foreach (MessageSeen message in deadBefore.Messages.Values)
        {
            if (!_dead.Messages.ContainsKey(message.Number))
            {
                Complete(_deadRoot, message, entry);
            }
        }
    }

    /// <summary>Who receives gets the first; of a group only the first can be received.</summary>
    private static void CheckOrder(HeldRoot queue, QueueRecords before, QueueRecords now)
    {
        ulong firstLeft = now.Messages.Values
            .Where(message => message.Place == MessagePlace.Ready
                && before.Messages.TryGetValue(message.Number, out MessageSeen? earlier)
                && earlier.Place == MessagePlace.Ready)
            .Select(static message => message.Order).DefaultIfEmpty(ulong.MaxValue).Min();
        foreach (MessageSeen message in now.Messages.Values)
        {
            bool isNew = message.IsInFlight
                && !(before.Messages.TryGetValue(message.Number, out MessageSeen? earlier)
                    && earlier.Token == message.Token);
            NodeRules.Require(
                !isNew || message.Order < firstLeft,
                "delivered-in-order",
                $"{queue}: message {message.Number} was delivered, and one of order {firstLeft} is ready");
        }

        foreach (IGrouping<string, MessageSeen> group in now.Messages.Values
            .Where(static message => message.Group.Length > 0).GroupBy(static message => message.Group))
        {
            MessageSeen first = group.MinBy(static message => message.Order)!;
            NodeRules.Require(
                group.All(message => message.IsFirstOfGroup == (message == first)),
                "one-of-a-group-at-a-time",
                $"{queue}: of {group.Count()} messages of a group the first is {first}, and it is not alone");
        }

        NodeRules.Require(
            now.Messages.Values.All(static message => message.Place != MessagePlace.Behind || message.Group.Length > 0),
            "only-groups-wait",
            $"{queue}: a message without a group stands behind another");
    }

    private static void CheckCounts(HeldRoot queue, QueueRecords now, RootRecords records)
    {
        QueueRoot state = now.Root;
        bool fits = state.Ready == now.Count(MessagePlace.Ready)
            && state.Delayed == now.Count(MessagePlace.Delayed)
            && state.Behind == now.Count(MessagePlace.Behind)
            && state.InFlight == now.Count(MessagePlace.InFlight)
            && state.Bytes == now.Messages.Values.Sum(static message => (long)message.Bytes)
            && state.Waiting == records.Line.Count;
        NodeRules.Require(
            fits,
            "the-queue-counts",
            $"{queue} counts {Describe(state)}, and has {now.Messages.Count} messages, {records.Line.Count} in line");
        NodeRules.Require(
            state.Ready == 0 || state.Waiting == 0 || records.HasTimer,
            "nobody-waits-beside-a-message",
            $"{queue}: {state.Ready} messages are ready and {state.Waiting} wait for one");
        NodeRules.Require(
            records.HasTimer || state is { Delayed: 0, InFlight: 0 },
            "what-comes-due-has-a-timer",
            $"{queue}: {state.Delayed} delayed, {state.InFlight} in flight, and no timer");
    }

    private static string Describe(QueueRoot state) =>
        $"{state.Ready} ready, {state.Delayed} delayed, {state.Behind} behind, {state.InFlight} in flight, "
        + $"{state.Bytes} bytes, {state.Waiting} in line";

    private void CheckRoom(QueueRecords before, int came)
    {
        StoredQueueSettings settings = _live.Root.Settings;
        NodeRules.Require(
            came == 0 || settings.MaxLength == 0 || !before.Root.IsConfigured
                || _live.Messages.Count + _live.Root.Reserved <= settings.MaxLength,
            "no-more-than-the-bound",
            $"{root}: {_live.Messages.Count} messages of {settings.MaxLength}, {_live.Root.Reserved} reserved");
    }
}

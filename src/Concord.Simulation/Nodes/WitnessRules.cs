using Concord.Client.Routing;
using Concord.Client.Wire;
using Concord.Engines;
using Concord.Simulation.Checking;

namespace Concord.Simulation.Nodes;

/// <summary>Every answer names its place in a log: the order is given, and must fit real time and what was applied
/// there.</summary>
internal sealed class WitnessRules(NodeWorld world)
{
    public void Check()
    {
        for (uint shard = 0; shard < world.Layout.Shards; shard++)
        {
            var witnessed = new List<WitnessedOperation<RequestKey>>();
            foreach (UserOperation operation in world.Ledger.Operations)
            {
                ClientCall call = operation.Call;
                if (call.Outcome == CallOutcome.Answered && call.AnswerIndex > 0 && call.Code != OperationCode.Settle
                    && world.Layout.Topology.ShardOf(call.Slot) == shard)
                {
                    witnessed.Add(WitnessOf(operation));
                }
            }

            CheckOutcome outcome = WitnessChecker.Check(
                witnessed, LogOf(shard, witnessed), new AppliedModel(world.Rules, shard));
            NodeRules.Require(
                outcome.Verdict == CheckVerdict.Legal, "answers-in-log-order", $"shard {shard}: {outcome.Reason}");
        }
    }

    private static WitnessedOperation<RequestKey> WitnessOf(UserOperation operation)
    {
        ClientCall call = operation.Call;
        return call.Kind == CallKind.Read
            ? new(default, true, 0, call.AnswerIndex, operation.Invoked, operation.Returned)
            : new(
                call.RequestKey,
                false,
                NodeRules.HashOf(
                    ReplyStatus.Answered, call.Answer.Status, call.Answer.Revision, call.Answer.Payload.Span),
                call.AnswerIndex,
                operation.Invoked,
                operation.Returned);
    }

    private RequestKey[] LogOf(uint shard, List<WitnessedOperation<RequestKey>> witnessed)
    {
        // The last entries may be none that are applied: a new leader begins with one that says nothing.
        ulong last = witnessed.Aggregate(world.Rules.LastOf(shard), static (last, next) => Math.Max(last, next.Index));
        var log = new RequestKey[last];
        for (int i = 0; i < log.Length; i++)
        {
            log[i] = world.Rules.EntryAt(shard, (ulong)i + 1)?.Request ?? default;
        }

        return log;
    }

    /// <summary>Answers as the first node did that applied the entry.</summary>
    private sealed class AppliedModel(NodeRules rules, uint shard) : ISequentialModel<RequestKey>
    {
        private ulong _index;

        public ulong Apply(RequestKey command) => rules.EntryAt(shard, ++_index)?.Answer ?? 0;

        public ulong Read(RequestKey command) => 0;
    }
}

using System.Buffers.Binary;
using Concord.Client.Wire;
using Concord.Cluster.Node;
using Concord.Consensus;
using Concord.Encoding;
using Concord.Engines;
using Concord.Operations;

namespace Concord.Simulation.Nodes;

/// <summary>Two-phase commit as the log tells it: one decision, after all votes, carried out as it was taken. Sees
/// every entry once, in the order of its shard.</summary>
internal sealed class TransactionRules(NodeWorld world)
{
    private readonly Dictionary<RequestKey, bool> _decisions = [];
    private readonly HashSet<RequestKey> _cancelled = [];
    private readonly HashSet<(RequestKey Transaction, uint Shard)> _prepared = [];
    private readonly HashSet<(RequestKey Transaction, uint Shard)> _everPrepared = [];

    public void Applied(uint shard, LogIndex index, in Command command, in Execution execution)
    {
        if (execution.Status != ReplyStatus.Answered)
        {
            return;
        }

        if (!command.Request.Session.IsNone && execution.Answer == AnswerStatus.Done)
        {
            NodeRules.Require(
                !_cancelled.Contains(command.Request),
                "what-was-settled-never-runs",
                $"{command.Code} {command.Request} ran at {index} of shard {shard} after it was cancelled");
        }

        switch (command.Code)
        {
            case OperationCode.Prepare when execution.Answer == AnswerStatus.Done:
                Prepared(shard, command);
                break;
            case OperationCode.Decide when execution.Answer is not (AnswerStatus.Blocked or AnswerStatus.Faulted):
                Decided(command, execution);
                break;
            case OperationCode.Settle when execution.Answer == AnswerStatus.Done:
                Settled(command, execution);
                break;
            case OperationCode.Resolve:
                Resolved(shard, command);
                break;
        }
    }

    private void Prepared(uint shard, in Command command)
    {
        var arguments = new ByteReader(command.Arguments);
        RequestKey transaction = PrepareTransaction.TransactionOf(ref arguments);

        // A second Prepare is answered from memory and holds nothing.
        if (_everPrepared.Add((transaction, shard)))
        {
            _prepared.Add((transaction, shard));
        }
    }

    private void Decided(in Command command, in Execution execution)
    {
        bool commit = IsCommit(execution.Answer, execution.Revision, execution.Payload);
        if (commit)
        {
            var reader = new ByteReader(command.Arguments);
            ReadOnlySpan<byte> participants = DecideTransaction.ReadArguments(ref reader).Participants;
            for (int i = 0; i < participants.Length; i += 4)
            {
                uint participant = BinaryPrimitives.ReadUInt32LittleEndian(participants[i..]);
                NodeRules.Require(
                    _everPrepared.Contains((command.Request, participant)),
                    "commit-after-all-votes",
                    $"{command.Request} committed, and shard {participant} never prepared it");
            }
        }

        Decide(command.Request, commit, "Decide");
    }

    private void Settled(in Command command, in Execution execution)
    {
        var arguments = new ByteReader(command.Arguments);
        var request = new RequestKey(command.Request.Slot, new(arguments.ReadUInt64()), arguments.ReadUInt64());
        EngineAnswer kept = SettleRequest.Read(new(execution.Answer, execution.Revision, execution.Payload.ToArray()));
        if (kept.Status == AnswerStatus.Cancelled)
        {
            _cancelled.Add(request);
            Decide(request, commit: false, "Settle");
        }
        else if (_decisions.ContainsKey(request)
            && !(kept.Status == AnswerStatus.Refused && kept.Payload.Span[0] == (byte)RefusalCode.Forgotten))
        {
            Decide(request, IsCommit(kept.Status, kept.Revision, kept.Payload.Span), "Settle");
        }
    }

    private void Resolved(uint shard, in Command command)
    {
        var arguments = new ByteReader(command.Arguments);
        foreach ((RequestKey transaction, bool commit) in ResolveTransactions.ReadArguments(ref arguments))
        {
            if (!_prepared.Remove((transaction, shard)))
            {
                continue;
            }

            bool decided = _decisions.TryGetValue(transaction, out bool decision);
            NodeRules.Require(
                decided ? decision == commit : !commit,
                "carried-out-as-decided",
                $"shard {shard} resolved {transaction} as {commit}, decided = {decided}, commit = {decision}");
        }
    }

    private void Decide(RequestKey transaction, bool commit, string by)
    {
        if (world.KeepsText)
        {
            world.Say($"{by}: {transaction} commit = {commit}");
        }

        NodeRules.Require(
            _decisions.TryAdd(transaction, commit) || _decisions[transaction] == commit,
            "one-decision",
            $"{transaction} was decided with commit = {!commit}, and by {by} with commit = {commit}");
    }

    private static bool IsCommit(AnswerStatus status, long revision, ReadOnlySpan<byte> payload) =>
        status == AnswerStatus.Done
        && TransactionAnswer.Read(new(status, revision, payload.ToArray())).Decision == TransactionDecision.Committed;
}

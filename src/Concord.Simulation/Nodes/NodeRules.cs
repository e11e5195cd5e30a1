using System.Globalization;
using Concord.Client.Wire;
using Concord.Cluster.Node;
using Concord.Consensus;
using Concord.Engines;
using Concord.Operations;

namespace Concord.Simulation.Nodes;

/// <summary>What must hold at every step, over all nodes together. It sees what nobody in the cluster sees.</summary>
internal sealed class NodeRules(NodeWorld world)
{
    private readonly Dictionary<(uint Shard, ulong Index), AppliedEntry> _applied = [];
    private readonly SortedDictionary<uint, ulong> _last = [];
    private readonly Dictionary<(uint Shard, Stamp Term), NodeId> _leaders = [];
    private readonly TransactionRules _transactions = new(world);

    /// <summary>The index of the last entry that any node has applied.</summary>
    public ulong LastOf(uint shard) => _last.GetValueOrDefault(shard);

    public AppliedEntry? EntryAt(uint shard, ulong index) =>
        _applied.TryGetValue((shard, index), out AppliedEntry? entry) ? entry : null;

    public void LeadershipWon(NodeId node, uint shard, Stamp term)
    {
        Require(
            _leaders.TryAdd((shard, term), node) || _leaders[(shard, term)] == node,
            "election-safety",
            $"shard {shard} has two leaders in {term}: {_leaders[(shard, term)]} and {node}");
    }

    /// <summary>A node has read its folder: what it begins with was once applied.</summary>
    public void Started(NodeId node, Shard shard)
    {
        if (EntryAt(shard.Id, shard.Applied.Value) is { } entry)
        {
            Require(
                entry.Digest == shard.Keyspace.Digest && shard.Keyspace.ComputeDigest() == entry.Digest,
                "snapshot-is-the-state",
                $"{node} begins shard {shard.Id} at {shard.Applied} with another state than was applied there");
        }
    }

    public void Applied(NodeId node, Shard shard, LogIndex index, in Command command, in Execution execution)
    {
        ulong bytes = SlotHash.Hash(shard.Core.Log.PayloadAt(index));
        ulong answer = HashOf(execution.Status, execution.Answer, execution.Revision, execution.Payload);
        world.Trace.Add(index.Value, bytes, answer);
        var entry = new AppliedEntry(command.Request, bytes, answer, shard.Keyspace.Digest);
        if (!_applied.TryAdd((shard.Id, index.Value), entry))
        {
            Compare(node, shard, index, entry, _applied[(shard.Id, index.Value)]);
            return;
        }

        Require(
            index.Value > LastOf(shard.Id),
            "an-applied-entry-stays",
            $"{node} applied shard {shard.Id} {index}, where others went on to {LastOf(shard.Id)} without an entry");
        _last[shard.Id] = index.Value;
        if (world.KeepsText)
        {
            world.Say($"{node} applied {shard.Id}/{index} {command.Code} {command.Request}: "
                + $"{execution.Status} {execution.Answer}");
        }

        _transactions.Applied(shard.Id, index, command, execution);
        world.Primitives.Applied(shard, command, execution);
        CheckBounds(node, shard);
    }

    public static ulong HashOf(ReplyStatus status, AnswerStatus answer, long revision, ReadOnlySpan<byte> payload) =>
        SlotHash.Hash(payload, SimulationTrace.Mix((ulong)revision ^ ((ulong)answer << 48) ^ ((ulong)status << 56)));

    internal static void Require(bool condition, string rule, FormattableString message)
    {
        if (!condition)
        {
            throw new ViolatedException(rule, message.ToString(CultureInfo.InvariantCulture));
        }
    }

    private static void Compare(NodeId node, Shard shard, LogIndex index, AppliedEntry mine, AppliedEntry first)
    {
        Require(
            mine.Bytes == first.Bytes,
            "state-machine-safety",
            $"{node} applied another entry at {index} of shard {shard.Id} than the first to apply it");
        Require(
            mine.Answer == first.Answer,
            "answers-follow-from-the-log",
            $"{node} answered the entry {index} of shard {shard.Id} otherwise than the first to apply it");
        Require(
            mine.Digest == first.Digest,
            "equal-digests",
            $"{node} has another state after {index} of shard {shard.Id} than the first to apply it");
    }

    private void CheckBounds(NodeId node, Shard shard)
    {
        foreach (byte[] key in world.Holdings.CounterKeys)
        {
            if (shard.Keyspace.TryGet(key, out RecordView record))
            {
                long value = CounterRecord.Decode(record.Value);
                Require(value >= 0, "bounded-counters", $"{node} holds {value} in {RecordKey.NameOf(key).Name}");
            }
        }
    }
}

/// <summary>An entry as the first node applied it.</summary>
/// <param name="Request">Whose it is.</param>
/// <param name="Bytes">A hash of its bytes.</param>
/// <param name="Answer">A hash of what was answered.</param>
/// <param name="Digest">Of the state after it.</param>
internal sealed record AppliedEntry(RequestKey Request, ulong Bytes, ulong Answer, ulong Digest);

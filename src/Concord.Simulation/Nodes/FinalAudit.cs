using Concord.Client.Routing;
using Concord.Cluster.Node;
using Concord.Engines;
using Concord.Operations;
using Concord.Simulation.Nodes.Primitives;

namespace Concord.Simulation.Nodes;

/// <summary>After the healing: every call ends, every doubt is settled, replicas agree, and what they hold is what
/// clients were told.</summary>
internal sealed class FinalAudit(NodeWorld world, SimUser auditor)
{
    private readonly PrimitiveAudit _primitives = new(world, auditor);
    private int _waiting;
    private string _obstacle = "";

    public void Run(long deadline)
    {
        Await(deadline, "who-lost-it-is-told", _primitives.IsNobodyWrong);
        world.Users.ForEach(static user => user.GiveUpAll());
        Await(deadline, "every-call-ends", () => world.Ledger.OpenCount == 0);
        SettleUnknown(deadline);
        Await(deadline, "no-doubt-stays", NothingInDoubt);
        _primitives.BeginToDrain();
        Await(deadline, "every-message-can-be-received", _primitives.IsDrained);
        _primitives.EndDraining();
        Await(deadline, "nothing-stays-held", _primitives.IsIdle);
        Await(deadline, "replicas-converge", Converged);
        long watched = CounterAt(0);
        Await(deadline, "watches-tell-the-last", () => _primitives.IsTold(watched));

        // Once more: a fenced write that comes late may have been run by one replica and not yet by another.
        Await(deadline, "replicas-converge", Converged);
        CheckStates();
        _primitives.CheckMessages();
        world.Ledger.CheckRegisters();
        new WitnessRules(world).Check();
    }

    private void SettleUnknown(long deadline)
    {
        foreach (UserOperation operation in world.Ledger.Operations.ToArray())
        {
            if (operation.Fate == Fate.Unknown && operation.Call.Kind != CallKind.Read && operation.HasEffect)
            {
                _waiting++;
                Settle(operation);
            }
        }

        Await(deadline, "every-doubt-is-settled", () => _waiting == 0);
    }

    private void Settle(UserOperation operation)
    {
        RequestKey request = operation.Call.RequestKey;
        auditor.Call(new()
        {
            What = $"settle {request}",
            Invoked = world.Now,
            Call = new()
            {
                Kind = CallKind.Execute,
                Slot = request.Slot,
                Code = OperationCode.Settle,
                Body = SettleRequest.Arguments(request),
            },
            Then = settled =>
            {
                if (settled.Call.Outcome != CallOutcome.Answered)
                {
                    Settle(operation);
                    return;
                }

                _waiting--;
                world.Ledger.Settled(operation, SettleRequest.Read(settled.Call.Answer));
            },
        });
    }

    private bool NothingInDoubt()
    {
        foreach (SimNode node in world.Nodes)
        {
            if (node.Core is null)
            {
                _obstacle = $"{node.Id} is down";
                return false;
            }

            foreach (Shard shard in node.Core.Shards)
            {
                if (HeldTransaction(shard) is { } held)
                {
                    _obstacle = $"{node.Id}, shard {shard.Id}, applied {shard.Applied}, {shard.Core.Status}: {held}";
                    return false;
                }
            }
        }

        return true;
    }

    private static string? HeldTransaction(Shard shard)
    {
        Span<byte> prefix = stackalloc byte[3];
        RecordKey.Write(prefix, Slot.OfShard, RecordKind.Prepared, []);
        if (shard.Keyspace.TryNext(prefix, prefix, out RecordView record))
        {
            return $"{RecordKey.RequestOf(record.Key)} is prepared";
        }

        for (ushort slot = 0; slot < Slot.Count; slot++)
        {
            RecordKey.Write(prefix, new(slot), RecordKind.Decision, []);
            if (shard.Keyspace.TryNext(prefix, prefix, out record))
            {
                return $"the decision of {RecordKey.RequestOf(record.Key)} is not forgotten";
            }

            RecordKey.Write(prefix, new(slot), RecordKind.Intent, []);
            if (shard.Keyspace.TryNext(prefix, prefix, out record))
            {
                return $"something is held in slot {slot}";
            }
        }

        return shard.InDoubt > 0 ? $"{shard.InDoubt} in doubt" : null;
    }

    private bool Converged()
    {
        foreach (SimNode node in world.Nodes)
        {
            if (node.Core is null)
            {
                _obstacle = $"{node.Id} is down";
                return false;
            }

            foreach (Shard shard in node.Core.Shards)
            {
                if (shard.Applied.Value < world.Rules.LastOf(shard.Id))
                {
                    _obstacle = $"{node.Id}, shard {shard.Id}, applied {shard.Applied}, {shard.Core.Status}";
                    return false;
                }
            }
        }

        return true;
    }

    private void CheckStates()
    {
        var digests = new SortedDictionary<uint, ulong>();
        foreach (SimNode node in world.Nodes)
        {
            foreach (Shard shard in node.Core!.Shards)
            {
                ulong digest = shard.Keyspace.ComputeDigest();
                digests.TryAdd(shard.Id, digest);
                NodeRules.Require(
                    digest == shard.Keyspace.Digest && digest == digests[shard.Id],
                    "replicas-agree-in-the-end",
                    $"{node.Id} holds another state of shard {shard.Id} than the first replica, or than it thinks");
            }
        }

        CheckCounters();
    }

    private void CheckCounters()
    {
        for (int counter = 0; counter < world.Holdings.CounterKeys.Count; counter++)
        {
            long value = CounterAt(counter);
            HashSet<long> sums = world.Ledger.SumsOf(counter);
            NodeRules.Require(
                sums.Contains(value),
                RuleOf(counter),
                $"counter {counter} holds {value}; clients were told {string.Join(" or ", sums.Order().Take(16))}");
        }
    }

    private static string RuleOf(int counter) => counter switch
    {
        < Holdings.AddOnly + Holdings.Accounts => "exactly-once",
        < Holdings.AddOnly + Holdings.Accounts + Holdings.Once => "once-per-idempotency-key",
        _ => "exactly-once-under-a-fence",
    };

    private long CounterAt(int counter) =>
        Find(world.Holdings.CounterKeys[counter]) is { } bytes ? CounterRecord.Decode(bytes) : 0;

    private byte[]? Find(byte[] key)
    {
        uint home = world.Layout.Topology.ShardOf(RecordKey.SlotOf(key));
        foreach (Shard shard in world.Nodes.SelectMany(static node => node.Core!.Shards))
        {
            if (shard.Id == home)
            {
                return shard.Keyspace.TryGet(key, out RecordView record) ? record.Value.ToArray() : null;
            }
        }

        return null;
    }

    private void Await(long deadline, string rule, Func<bool> isThere)
    {
        // Looked at now and then: some conditions walk through whole states.
        while (!isThere())
        {
            long next = world.Now + 50_000;
            world.RunUntil(next, static () => false);
            NodeRules.Require(
                world.Now < deadline,
                rule,
                $"not so {world.Profile.HealingMax / 1000000} s after the healing: {_obstacle}{_primitives.Obstacle}");
        }
    }
}

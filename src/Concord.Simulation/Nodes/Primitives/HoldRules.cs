using Concord.Cluster.Node;
using Concord.Engines;
using Concord.Operations.Holds;

namespace Concord.Simulation.Nodes.Primitives;

/// <summary>Who may hold what together, and that nobody waits without a reason.</summary>
internal sealed class HoldRules(NodeWorld world, HeldRoot root)
{
    private readonly RootHistory _history = new(world, root);

    public RootHistory History => _history;

    /// <summary>Nothing is left of it, but for a limit that was set.</summary>
    public bool IsIdle => _history.Now.IsEmpty && (_history.Now.Root is null || root.Kind == RecordKind.Semaphore);

    public void Applied(Shard shard, in Command command)
    {
        RootRecords before = _history.Look(shard, command.Code);
        RootRecords now = _history.Now;
        HoldRoot state = HoldRoot.Read(new KeyspaceView(shard.Keyspace, shard.Now), root.Key);
        CheckTogether(before, state);
        NodeRules.Require(
            state.Holds == now.Holds.Count && state.Waiting == now.Line.Count && state.Permits == Permits(now),
            "the-root-counts",
            $"{root} counts {state.Holds}/{state.Permits}/{state.Waiting}, and has {Describe(now)}");
        NodeRules.Require(
            now.Root is null == (now.Holds.Count == 0 && now.Line.Count == 0 && !state.IsLimitSet),
            "idle-names-are-gone",
            $"{root} with {now.Holds.Count} holds and {now.Line.Count} in line: exists = {now.Root is not null}");
        NodeRules.Require(
            now.Line.Count == 0 || now.HasTimer || !Fits(now, HoldTerms.Read(now.Line.First().Value.Asked), state),
            "nobody-waits-for-nothing",
            $"{root}: the first in line could hold after {command.Code}, and nobody will look");
        foreach ((RequestKey request, (long token, _)) in before.Holds)
        {
            if (!now.Holds.ContainsKey(request))
            {
                world.Primitives.Ended(root, request, token, command.Code);
            }
        }
    }

    public override string ToString() => $"{root}: {_history.Now.Holds.Count} holds, {_history.Now.Line.Count} in line";

    private void CheckTogether(RootRecords before, in HoldRoot state)
    {
        RootRecords now = _history.Now;
        int alone = now.Holds.Count(static hold => HoldRecord.Read(hold.Value.Value).Terms.Mode == HoldMode.Exclusive);
        NodeRules.Require(
            alone == 0 || now.Holds.Count == 1, "one-exclusive-holder", $"{root} is held {now.Holds.Count} times");
        NodeRules.Require(
            root.Kind != RecordKind.Election || now.Holds.Count <= 1, "one-leader", $"{root} has two leaders");
        NodeRules.Require(
            root.Kind != RecordKind.Semaphore || Permits(now) <= state.Limit
                || now.Holds.Keys.All(before.Holds.ContainsKey),
            "permits-within-the-limit",
            $"{root}: {Permits(now)} permits of {state.Limit}");
    }

    private bool Fits(RootRecords now, in HoldTerms asked, in HoldRoot state) => root.Kind switch
    {
        RecordKind.Semaphore => Permits(now) + asked.Count <= state.Limit,
        RecordKind.Group => true,
        RecordKind.Election => now.Holds.Count == 0,
        _ => now.Holds.Count == 0 || (asked.Mode == HoldMode.Shared && now.Holds.Values.All(
            static hold => HoldRecord.Read(hold.Value).Terms.Mode == HoldMode.Shared)),
    };

    private static string Describe(RootRecords now) =>
        $"{now.Holds.Count} holds, {Permits(now)} permits, {now.Line.Count} in line";

    private static long Permits(RootRecords records) =>
        records.Holds.Values.Sum(static hold => (long)HoldRecord.Read(hold.Value).Terms.Count);
}

using Concord.Client.Routing;
using Concord.Engines;
using Concord.Operations;
using Concord.Operations.Holds;

namespace Concord.Simulation.Nodes.Primitives;

/// <summary>What one client is told of what it watches, a counter that only grows and the members of a group: never
/// an older state after a newer one, and the last one in the end.</summary>
internal sealed class WatchRules
{
    private readonly ClientSubscription _counter;
    private readonly ClientSubscription _members;
    private long _revision;
    private int _membersTold;

    public WatchRules(NodeWorld world, ClientCore core, TimeSpan now)
    {
        HeldRoot group = world.Holdings.Roots.First(static root => root.Kind == RecordKind.Group);
        byte[] key = new byte[HoldKey.BytesMax];
        _counter = core.Watch(world.Holdings.CounterKeys[0], this, now);
        _members = core.Watch(HoldKey.Prefix(key, RecordKind.Hold, group.Key).ToArray(), this, now);
    }

    /// <summary>The counter as it was told last.</summary>
    public long Value { get; private set; }

    public bool HasMembers => _membersTold > 0;

    public void Told(NodeWorld world, ClientSubscription watch, EngineRecords records)
    {
        if (watch == _members)
        {
            _membersTold = records.Records.Count;
            world.Faults.Count(FaultKind.MembersTold);
            return;
        }

        NodeRules.Require(watch == _counter, "told-what-is-watched", $"a client was told of something else");
        long value = records.Records.Count == 0 ? 0 : CounterRecord.Decode(records.Records[0].Value.Span);
        NodeRules.Require(
            value >= Value && records.Revision >= _revision,
            "watches-go-forward",
            $"a client was told {value} at revision {records.Revision} after {Value} at {_revision}");
        (Value, _revision) = (value, records.Revision);
    }
}

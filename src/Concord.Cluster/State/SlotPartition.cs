namespace Concord.Cluster.State;

/// <summary>The records of one slot: found by key, and in key order.</summary>
internal sealed class SlotPartition(RecordStore records, IndexNodes nodes)
{
    public HashIndex ByKey { get; } = new(records);

    public OrderedIndex InOrder { get; } = new(records, nodes);
}

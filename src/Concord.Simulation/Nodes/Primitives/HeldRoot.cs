using Concord.Cluster.Node;
using Concord.Engines;
using Concord.Operations.Queues;

namespace Concord.Simulation.Nodes.Primitives;

/// <summary>Something that clients hold, or a queue.</summary>
internal sealed class HeldRoot
{
    private readonly byte[] _key;

    private HeldRoot(RecordKind kind, string name, uint shard)
    {
        (Kind, Name, Shard) = (kind, name, shard);
        _key = RecordKey.Named(kind, "", name);
    }

    public RecordKind Kind { get; }

    public string Name { get; }

    public uint Shard { get; }

    public ReadOnlySpan<byte> Key => _key;

    public ReadOnlyMemory<byte> KeyMemory => _key;

    public Slot Slot => RecordKey.SlotOf(_key);

    public bool IsQueue => Kind == RecordKind.Queue;

    /// <summary>The counter beside it, in its slot, that its fences guard.</summary>
    public byte[] Guarded => RecordKey.Named(RecordKind.Counter, "", Name + ".guarded");

    /// <summary>A root with a name that lies in the shard of its number.</summary>
    public static HeldRoot Place(ClusterLayout layout, RecordKind kind, int number)
    {
        for (int i = 0; ; i++)
        {
            string name = $"{{{kind}-{number}-{i}}}";
            uint shard = layout.Topology.ShardOf(RecordKey.SlotOf(RecordKey.Named(kind, "", name)));
            if (shard == number % layout.Shards)
            {
                return new(kind, name, shard);
            }
        }
    }

    /// <summary>Where the dead letters of a queue go.</summary>
    public HeldRoot DeadLetters() =>
        new(RecordKind.Queue, RecordKey.NameOf(DeadLetterQueue.DefaultOf(_key)).Name, Shard);

    public override string ToString() => Name;
}

using Concord.Cluster.Node;
using Concord.Engines;
using Concord.Simulation.Nodes.Primitives;

namespace Concord.Simulation.Nodes;

/// <summary>The records that clients use, spread over the shards.</summary>
internal sealed class Holdings
{
    public const int Registers = 4;
    public const int AddOnly = 3;
    public const int Accounts = 5;
    public const int Once = 2;
    public const long Balance = 40;

    private static readonly RecordKind[] s_roots =
    [
        RecordKind.Lock, RecordKind.Lock, RecordKind.Election, RecordKind.Semaphore, RecordKind.Group,
    ];

    public Holdings(ClusterLayout layout)
    {
        for (int i = 0; i < Registers; i++)
        {
            RegisterKeys.Add(Place(layout, RecordKind.Value, "register", i));
        }

        for (int i = 0; i < AddOnly + Accounts + Once; i++)
        {
            CounterKeys.Add(Place(layout, RecordKind.Counter, "counter", i));
        }

        foreach (RecordKind kind in s_roots)
        {
            var root = HeldRoot.Place(layout, kind, Roots.Count);
            Roots.Add(root);
            CounterKeys.Add(root.Guarded);
        }

        Queues.Add(HeldRoot.Place(layout, RecordKind.Queue, 0));
        Queues.Add(HeldRoot.Place(layout, RecordKind.Queue, 1));
        SequenceKey = Place(layout, RecordKind.Sequence, "sequence", 1);
    }

    /// <summary>What can be held, queues apart.</summary>
    public List<HeldRoot> Roots { get; } = [];

    /// <summary>The first is bounded.</summary>
    public List<HeldRoot> Queues { get; } = [];

    public byte[] SequenceKey { get; }

    public List<byte[]> RegisterKeys { get; } = [];

    /// <summary>First those that are only added to, then the accounts, then those that count idempotency
    /// keys, then those beside what is held.</summary>
    public List<byte[]> CounterKeys { get; } = [];

    public static int Account(int number) => AddOnly + number;

    public static int OnceCounter(int number) => AddOnly + Accounts + number;

    /// <summary>The counter that the fences of a root guard.</summary>
    public int GuardedCounter(HeldRoot root) => OnceCounter(Once) + Roots.IndexOf(root);

    private static byte[] Place(ClusterLayout layout, RecordKind kind, string name, int number)
    {
        for (int i = 0; ; i++)
        {
            byte[] key = RecordKey.Named(kind, "", $"{name}-{number}-{i}");
            if (layout.Topology.ShardOf(RecordKey.SlotOf(key)) == number % layout.Shards)
            {
                return key;
            }
        }
    }
}

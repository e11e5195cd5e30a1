using Concord.Cluster.Node;
using Concord.Engines;

namespace Concord.Simulation.Nodes;

/// <summary>The records that clients use, spread over the shards.</summary>
internal sealed class Holdings
{
    public const int Registers = 4;
    public const int AddOnly = 3;
    public const int Accounts = 5;
    public const int Once = 2;
    public const long Balance = 40;

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
    }

    public List<byte[]> RegisterKeys { get; } = [];

    /// <summary>First those that are only added to, then the accounts, then those that count idempotency
    /// keys.</summary>
    public List<byte[]> CounterKeys { get; } = [];

    public static int Account(int number) => AddOnly + number;

    public static int OnceCounter(int number) => AddOnly + Accounts + number;

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

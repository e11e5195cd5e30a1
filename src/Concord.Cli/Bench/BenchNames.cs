namespace Concord.Cli.Bench;

/// <summary>What measurements and peers are called, and what goes with what.</summary>
internal static class BenchNames
{
    private const int CallersOfReadsAndWrites = 64;
    private const int CallersOfOneLock = 16;
    private const int CallersOfOneCounter = 8;

    /// <summary>As on the command line and in reports.</summary>
    public static string NameOf(BenchOperation operation) => operation switch
    {
        BenchOperation.Put => "put",
        BenchOperation.Get => "get",
        BenchOperation.Lock => "lock",
        BenchOperation.LockContended => "lock-contended",
        BenchOperation.Counter => "counter",
        _ => "queue",
    };

    /// <summary>As on the command line and in reports.</summary>
    public static string NameOf(BenchPeer peer) => peer switch
    {
        BenchPeer.Etcd => "etcd",
        BenchPeer.ZooKeeper => "zookeeper",
        _ => "rabbitmq",
    };

    /// <summary>How many call at once unless it is said.</summary>
    public static int CallersOf(BenchOperation operation) => operation switch
    {
        BenchOperation.LockContended => CallersOfOneLock,
        BenchOperation.Counter => CallersOfOneCounter,
        _ => CallersOfReadsAndWrites,
    };

    /// <summary>Whether a value of some size travels.</summary>
    public static bool HasValues(BenchOperation operation) =>
        operation is BenchOperation.Put or BenchOperation.Get or BenchOperation.Queue;

    /// <summary>What the operation can be compared with.</summary>
    public static IReadOnlyList<BenchPeer> PeersOf(BenchOperation operation) => operation switch
    {
        BenchOperation.Put or BenchOperation.Get => [BenchPeer.Etcd],
        BenchOperation.Queue => [BenchPeer.RabbitMq],
        _ => [BenchPeer.Etcd, BenchPeer.ZooKeeper],
    };
}

using Concord.Cluster.State;
using Concord.Engines;

namespace Concord.Bench;

/// <summary>
/// What a write to the state costs, against the least that any state in memory costs: a dictionary that keeps a copy of
/// the value. Keys are there already; they are written over in an order that no cache likes.
/// </summary>
internal static class KeyspaceBench
{
    private const int Keys = 100_000;
    private const int WarmUps = 3;
    private const int Pairs = 15;
    private const int PassesPerRound = 3;

    public static void Run(Report report)
    {
        Measure(report, putsPerOperation: 1);
        Measure(report, putsPerOperation: 64);
    }

    private static void Measure(Report report, int putsPerOperation)
    {
        string[] names = [.. Enumerable.Range(0, Keys).Select(number => $"key-{number}")];
        new Random(Seed: 1).Shuffle(names);
        byte[][] keys = [.. names.Select(name => RecordKey.Named(RecordKind.Value, "bench", name))];
        byte[] value = Payload.Create();
        Dictionary<string, byte[]> dictionary = [];
        Keyspace keyspace = new();
        KeyspaceOperation operation = new(keyspace);

        (double[] subject, double[] yardstick, double[] ratios) = Rounds.RunPairs(
            WarmUps,
            Pairs,
            () => TimeOfPut(() => Put(operation, keys, value, putsPerOperation)),
            () => TimeOfPut(() => Put(dictionary, names, value)));

        if (keyspace.Count != Keys || dictionary.Count != Keys)
        {
            throw new InvalidOperationException($"{keyspace.Count} and {dictionary.Count} records, not {Keys}.");
        }

        string name = putsPerOperation == 1 ? "single" : $"{putsPerOperation} per operation";
        report.Add(new($"keyspace: put, {name}", "ns", subject));
        report.Add(new($"keyspace: put, {name}, dictionary", "ns", yardstick));
        report.Add(new($"keyspace: put, {name}, keyspace to dictionary", "ratio", ratios));
    }

    /// <summary>Both begin with a clean heap; what one of them throws away is collected at its own cost.</summary>
    private static double TimeOfPut(Action pass)
    {
        GC.Collect();
        double time = Rounds.Time(() =>
        {
            for (int i = 0; i < PassesPerRound; i++)
            {
                pass();
            }
        });
        return time / (PassesPerRound * Keys);
    }

    private static void Put(KeyspaceOperation operation, byte[][] keys, byte[] value, int putsPerOperation)
    {
        for (int start = 0; start < keys.Length; start += putsPerOperation)
        {
            operation.Begin(default);
            foreach (byte[] key in keys.AsSpan(start, Math.Min(putsPerOperation, keys.Length - start)))
            {
                operation.Put(key, value);
            }

            operation.Commit();
        }
    }

    private static void Put(Dictionary<string, byte[]> dictionary, string[] names, byte[] value)
    {
        foreach (string name in names)
        {
            dictionary[name] = value.AsSpan().ToArray();
        }
    }
}

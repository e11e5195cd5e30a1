using Concord.Cluster.Node;

namespace Concord.Bench.Takeover;

/// <summary>What a change of leader costs between processes, over loopback and with real logs. The protocols take
/// turns. The first round of each is told apart: nothing of it has run in these processes before.</summary>
internal static class TakeoverBench
{
    private const int WarmUps = 10;
    private const int Pairs = 51;

    private static readonly ReplicaProtocol[] s_protocols = [ReplicaProtocol.Raft, ReplicaProtocol.MultiPaxos];

    private static readonly (string Part, Func<(double Election, double Whole), double> Select)[] s_parts =
        [(", votes or phase 1", static change => change.Election), ("", static change => change.Whole)];

    public static void Run(Report report)
    {
        string folder = Directory.CreateTempSubdirectory("concord-bench-").FullName;
        try
        {
            Report.PrintPairHead(ReplicaProtocol.Raft.Title, ReplicaProtocol.MultiPaxos.Title);
            (double Election, double Whole)[][] changes = Measure(s_protocols, Path.Combine(folder, "all"), false);
            AddPairs(report, "takeover, first in its process", [.. changes.Select(static each => each[..1])]);
            AddPairs(report, "takeover, one that has all stands", [.. changes.Select(static each => each[WarmUps..])]);

            // Raft elects nobody that lacks an entry which another of the two has.
            changes = Measure([ReplicaProtocol.MultiPaxos], Path.Combine(folder, "half"), true);
            Console.WriteLine();
            Add(report, "Multi-Paxos, takeover, first, one that has half stands", changes[0][..1]);
            Add(report, "Multi-Paxos, takeover, one that has half stands", changes[0][WarmUps..]);
        }
        finally
        {
            Directory.Delete(folder, recursive: true);
        }
    }

    private static (double Election, double Whole)[][] Measure(
        ReplicaProtocol[] protocols, string folder, bool halfStands)
    {
        TakeoverTrio[] trios = [.. protocols.Select(protocol => new TakeoverTrio(protocol, folder))];
        try
        {
            List<(double Election, double Whole)>[] changes =
                [.. trios.Select(static _ => new List<(double, double)>())];
            for (int i = 0; i < WarmUps + Pairs; i++)
            {
                for (int each = 0; each < trios.Length; each++)
                {
                    changes[each].Add(trios[each].Run(halfStands));
                }
            }

            return [.. changes.Select(static each => each.ToArray())];
        }
        finally
        {
            Array.ForEach(trios, static trio => trio.Dispose());
        }
    }

    private static void AddPairs(Report report, string name, (double Election, double Whole)[][] changes)
    {
        foreach ((string part, Func<(double Election, double Whole), double> select) in s_parts)
        {
            report.AddPair(
                name + part,
                "ms",
                (s_protocols[0].Title, [.. changes[0].Select(select)]),
                (s_protocols[1].Title, [.. changes[1].Select(select)]));
        }
    }

    private static void Add(Report report, string name, (double Election, double Whole)[] changes)
    {
        foreach ((string part, Func<(double Election, double Whole), double> select) in s_parts)
        {
            report.Add(new(name + part, "ms", [.. changes.Select(select)]));
        }
    }
}

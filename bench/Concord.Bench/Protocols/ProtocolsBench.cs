using Concord.Cluster.Node;
using Concord.Cluster.Storage;

namespace Concord.Bench.Protocols;

/// <summary>
/// Both protocols side by side. What is counted is exact and the same in each run: time stands still but for the steps
/// in which messages arrive. What is measured takes turns.
/// </summary>
internal static class ProtocolsBench
{
    private const int SteadyEntries = 6400;
    private const int WarmUps = 20;
    private const int Pairs = 101;
    private const int DurablePairs = 31;

    private static readonly RealFileSystem s_files = new();

    public static void Run(Report report)
    {
        Report.PrintPairHead(ReplicaProtocol.Raft.Title, ReplicaProtocol.MultiPaxos.Title);
        CountSteady(report, entriesPerBatch: 1);
        CountSteady(report, entriesPerBatch: 64);
        CountLeaderChange(report, halfStandsFirst: false);
        CountLeaderChange(report, halfStandsFirst: true);
        MeasureLeaderChange(report, halfStandsFirst: false);
        MeasureLeaderChange(report, halfStandsFirst: true);
        MeasureDurableLeaderChange(report);
        CountSlowFollower(report, isLossy: false);
        CountSlowFollower(report, isLossy: true);
        CountReplacement(report);
    }

    private static void CountSteady(Report report, int entriesPerBatch)
    {
        string name =
            entriesPerBatch == 1 ? "steady: entry, single" : $"steady: entry, in batches of {entriesPerBatch}";
        Count(report, protocol => Scenes.Steady(protocol, SteadyEntries, entriesPerBatch), [
            (name, "messages", static cost => (double)cost.Messages / SteadyEntries),
            (name, "B", static cost => (double)cost.Bytes / SteadyEntries),
        ]);
    }

    private static void CountLeaderChange(Report report, bool halfStandsFirst)
    {
        string name = NameOf(halfStandsFirst);
        Count(report, protocol => ChangeLeader(protocol, halfStandsFirst), [
            (name, "first elected", static change => change.IsFirstElected ? 1 : 0),
            (name, "round trips", static change => change.Whole.RoundTrips),
            (name, "messages", static change => change.Whole.Messages),
            (name, "B", static change => change.Whole.Bytes),
            ($"{name}, votes or phase 1", "round trips", static change => change.Election.RoundTrips),
            ($"{name}, votes or phase 1", "messages", static change => change.Election.Messages),
            ($"{name}, votes or phase 1", "B", static change => change.Election.Bytes),
        ]);
    }

    private static void MeasureLeaderChange(Report report, bool halfStandsFirst)
    {
        Measure(
            report,
            $"{NameOf(halfStandsFirst)}, processor",
            Pairs,
            protocol => ChangeLeader(protocol, halfStandsFirst, static () => Environment.CpuUsage.TotalTime));
    }

    /// <summary>With real logs, written one after the other: no sockets, and no two disks at the same time.</summary>
    private static void MeasureDurableLeaderChange(Report report)
    {
        string folder = Directory.CreateTempSubdirectory("concord-bench-").FullName;
        try
        {
            int opened = 0;
            long start = TimeProvider.System.GetTimestamp();
            Measure(report, $"{NameOf(halfStandsFirst: true)}, durable", DurablePairs, protocol => ChangeLeader(
                protocol,
                halfStandsFirst: true,
                () => TimeProvider.System.GetElapsedTime(start),
                _ => new(s_files, Path.Combine(folder, $"{++opened}"))));
        }
        finally
        {
            Directory.Delete(folder, recursive: true);
        }
    }

    private static void CountSlowFollower(Report report, bool isLossy)
    {
        string name = isLossy ? "slow follower, each 10th message lost" : "slow follower";
        Count(report, protocol => Scenes.SlowFollower(protocol, isLossy), [
            (name, "messages", static result => result.Cost.Messages),
            (name, "B", static result => result.Cost.Bytes),
            ($"{name}, at 1 ms by message", "ms", static result => result.Time.TotalMilliseconds),
        ]);
    }

    private static void CountReplacement(Report report)
    {
        const string Name = "replacing a voter";
        Count(report, static protocol => Scenes.Replace(protocol, proposes: false), [
            (Name, "entries", static result => result.Entries),
            (Name, "messages", static result => result.Cost.Messages),
            (Name, "B", static result => result.Cost.Bytes),
            (Name, "round trips", static result => result.Cost.RoundTrips),
        ]);
        Count(report, static protocol => Scenes.Replace(protocol, proposes: true), [
            ($"{Name}, a proposal in each half round trip", "round trips", static result => result.Cost.RoundTrips),
            ($"{Name}, a proposal in each half round trip", "refused", static result => result.Refused),
        ]);
    }

    private static LeaderChange.Result ChangeLeader(
        ReplicaProtocol protocol,
        bool halfStandsFirst,
        Func<TimeSpan>? clock = null,
        Func<int, RealLog>? openDisk = null)
    {
        using LeaderChange change = new(protocol, halfStandsFirst, openDisk);
        return change.Run(clock ?? (static () => TimeSpan.Zero));
    }

    private static string NameOf(bool halfStandsFirst) =>
        halfStandsFirst ? "leader change, one that has half stands" : "leader change, one that has all stands";

    private static void Count<T>(
        Report report,
        Func<ReplicaProtocol, T> run,
        IReadOnlyList<(string Name, string Unit, Func<T, double> Select)> figures)
    {
        (T raft, T paxos) = (run(ReplicaProtocol.Raft), run(ReplicaProtocol.MultiPaxos));
        foreach ((string name, string unit, Func<T, double> select) in figures)
        {
            report.AddPair(
                name,
                unit,
                (ReplicaProtocol.Raft.Title, [select(raft)]),
                (ReplicaProtocol.MultiPaxos.Title, [select(paxos)]));
        }
    }

    private static void Measure(Report report, string name, int pairs, Func<ReplicaProtocol, LeaderChange.Result> run)
    {
        List<LeaderChange.Result> raft = [];
        List<LeaderChange.Result> paxos = [];
        for (int i = 0; i < WarmUps + pairs; i++)
        {
            raft.Add(run(ReplicaProtocol.Raft));
            paxos.Add(run(ReplicaProtocol.MultiPaxos));
        }

        (string Part, Func<LeaderChange.Result, TimeSpan> Select)[] parts =
            [("", static change => change.Time), (", votes or phase 1", static change => change.ElectionTime)];
        foreach ((string part, Func<LeaderChange.Result, TimeSpan> select) in parts)
        {
            report.AddPair(
                name + part,
                "ms",
                (ReplicaProtocol.Raft.Title, Milliseconds(raft[WarmUps..], select)),
                (ReplicaProtocol.MultiPaxos.Title, Milliseconds(paxos[WarmUps..], select)));
        }
    }

    private static double[] Milliseconds(
        List<LeaderChange.Result> changes, Func<LeaderChange.Result, TimeSpan> select) =>
        [.. changes.Select(change => select(change).TotalMilliseconds)];
}

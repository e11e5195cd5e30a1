using Concord.Bench.Crowd;
using Concord.Bench.Protocols;
using Concord.Bench.Takeover;

namespace Concord.Bench;

internal static class Program
{
    private const int UsageExitCode = 2;

    private static readonly (string Name, Action<Report> Run)[] s_suites =
    [
        ("core", CoreBench.Run),
        ("protocols", ProtocolsBench.Run),
        ("takeover", TakeoverBench.Run),
        ("crowd", CrowdBench.Run),
        ("keyspace", KeyspaceBench.Run),
        ("log", LogBench.Run),
        ("replay", ReplayBench.Run),
    ];

    private static int Main(string[] arguments)
    {
        if (arguments is [ReplicaProcess.Verb, { } protocol, { } place])
        {
            return ReplicaProcess.Run(protocol, place);
        }

        if (arguments is [CrowdNode.Verb, { } folder])
        {
            return CrowdNode.Run(folder);
        }

        string suite = "all";
        string? json = null;
        for (int i = 0; i < arguments.Length; i++)
        {
            if (arguments[i] == "--json" && i + 1 < arguments.Length)
            {
                json = arguments[++i];
            }
            else if (i == 0 && (arguments[i] == "all" || s_suites.Any(each => each.Name == arguments[0])))
            {
                suite = arguments[i];
            }
            else
            {
                string names = string.Join('|', s_suites.Select(static each => each.Name));
                Console.Error.WriteLine($"What is '{arguments[i]}'? Usage: [{names}|all] [--json FILE]");
                return UsageExitCode;
            }
        }

        Report report = new();
        report.PrintHead();
        foreach ((string name, Action<Report> run) in s_suites)
        {
            if (suite == "all" || suite == name)
            {
                run(report);
            }
        }

        report.Close();
        if (json is not null)
        {
            report.WriteJson(json);
        }

        return 0;
    }
}

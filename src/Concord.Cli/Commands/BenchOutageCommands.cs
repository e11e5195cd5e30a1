using System.CommandLine;
using Concord.Cli.Bench.Outages;
using Concord.Cluster.Node;

namespace Concord.Cli.Commands;

/// <summary><c>concord bench transfer|failover</c>.</summary>
internal static class BenchOutageCommands
{
    public static IEnumerable<Command> CreateAll(CommandContext context) =>
    [
        Create(
            context,
            OutageKind.Transfer,
            new("transfer", "Measures for how long writes stand still while leadership is handed over as planned."),
            new ManualPage(
                "Callers write to all groups all the time. Round by round each group hands its leadership over, one\n"
                + "after the other, as concord members transfer does. What counts is the longest time between two\n"
                + "acknowledged writes of the group around that, and the longest that one call took.",
                ["bench transfer", "bench transfer --rounds 50 --json transfer.json"],
                ["0    measured", "1    a hand-over did not come about", "2    it could not run",
                    "130  interrupted with Ctrl-C"])),
        Create(
            context,
            OutageKind.Failover,
            new("failover", "Measures for how long writes stand still after the leader's process was killed."),
            new ManualPage(
                "Callers write to all groups all the time. Round by round one node comes to lead all groups and is\n"
                + "killed (SIGKILL). What counts is the time from the kill to the next acknowledged write, for each\n"
                + "group. Then the node is started again, and the next round waits until it has caught up.",
                ["bench failover", "bench failover --election-timeout 300 --rounds 100 --json failover.json"],
                ["0    measured", "1    the groups found no leader again", "2    it could not run",
                    "130  interrupted with Ctrl-C"])),
    ];

    private static Command Create(CommandContext context, OutageKind kind, Command command, ManualPage page)
    {
        Option<int> nodes = CommandOptions.Count("--nodes", 3, 3, 9, "How many nodes.");
        Option<ReplicaProtocol?> protocol = CommandOptions.ProtocolOfNew();
        Option<int> rounds = CommandOptions.Count(
            "--rounds", 20, 1, 10_000, "How often each group loses its leader.");
        Option<int> callers = CommandOptions.Count("--callers", 12, 3, 1_024, "How many calls are under way at once.");
        Option<int> timeout = CommandOptions.Count(
            ServeCommand.ElectionTimeoutOption, 1_000, 100, 60_000,
            "Milliseconds without a leader before a node looks for another.");
        Option<string> json = CommandOptions.File("--json", "Write the results as JSON, with all samples.");
        foreach (Option option in (Option[])[nodes, protocol, rounds, callers, timeout, json])
        {
            command.Options.Add(option);
        }

        command.SetAction((result, cancellationToken) => new OutageRun(context.Access, context.Terminal, context.Time)
            .RunAsync(
                new()
                {
                    Kind = kind,
                    Nodes = result.GetValue(nodes),
                    Protocol = result.GetValue(protocol)!,
                    Rounds = result.GetValue(rounds),
                    Callers = result.GetValue(callers),
                    ElectionTimeoutMs = result.GetValue(timeout),
                    JsonPath = result.GetValue(json),
                },
                cancellationToken));
        page.AttachTo(command);
        return command;
    }
}

using System.CommandLine;
using System.Text.Json;
using Concord.Cli.Bench;
using Concord.Cli.Bench.Pauses;
using Concord.Cluster.Node;

namespace Concord.Cli.Commands;

/// <summary><c>concord bench pauses</c>, and the load generator that it starts.</summary>
internal static class BenchPauseCommands
{
    private static readonly ManualPage s_page = new(
        "One process writes to records that are drawn from all, at a given rate: a write is due when the clock says\n"
        + "so, also while the cluster stands still. Meanwhile each node is asked something small every two\n"
        + "milliseconds, in a row with its other work; how long the answers take shows every pause of the node,\n"
        + "whatever it comes from. Beside it stands what the runtime of the node says: how long it held all threads,\n"
        + "for garbage collection above all. And how late a process without work woke up: that is the machine.",
        ["bench pauses", "bench pauses --rate 20000 --seconds 60 --json pauses.json"],
        ["0    measured", "1    nothing was measured", "2    it could not run", "130  interrupted with Ctrl-C"]);

    public static Command Create(CommandContext context)
    {
        Option<int> nodes = CommandOptions.Count("--nodes", 3, 1, 9, "How many nodes.");
        Option<ReplicaProtocol?> protocol = CommandOptions.ProtocolOfNew();
        Option<string> json = CommandOptions.File("--json", "Write the results as JSON, with all samples.");
        PaceOptions pace = new();
        Command command = new("pauses", "Measures how long nodes stand still under a steady load.") { nodes, protocol };
        pace.AddTo(command);
        command.Options.Add(json);
        command.SetAction((result, cancellationToken) => new PauseRun(context.Terminal, context.Time).RunAsync(
            pace.Read(result, result.GetValue(nodes)) with
            {
                Protocol = result.GetValue(protocol)!,
                JsonPath = result.GetValue(json),
            },
            cancellationToken));
        s_page.AttachTo(command);
        return command;
    }

    /// <summary>The hidden command that makes the load: a line asks, a line answers.</summary>
    public static Command CreateLoad(CommandContext context)
    {
        Option<string[]> servers = CommandOptions.Addresses("--servers", "The nodes to load.");
        PaceOptions pace = new();
        Command command = new("bench-pace", "Makes the load of bench pauses.") { servers };
        pace.AddTo(command);
        command.Hidden = true;
        command.SetAction(async (result, cancellationToken) =>
        {
            string[] addresses = result.GetValue(servers)!;
            await using PacedLoad load = await PacedLoad.ConnectAsync(
                context.Access, addresses, pace.Read(result, addresses.Length), context.Time, cancellationToken);
            while (await Console.In.ReadLineAsync(cancellationToken) is { } word)
            {
                if (word == PacedLoad.Fill)
                {
                    await load.FillAsync(cancellationToken);
                    context.Terminal.Print(word);
                }
                else if (word == LoadProcess.Window)
                {
                    PacedResult measured = await load.MeasureAsync(cancellationToken);
                    context.Terminal.Print(JsonSerializer.Serialize(measured, PauseJson.Default.PacedResult));
                }
            }

            return ExitCode.Success;
        });
        return command;
    }

    /// <summary>The options that describe the load; the same for the command and for its load generator.</summary>
    private sealed class PaceOptions
    {
        private readonly Option<int> _keys = CommandOptions.Count(
            "--keys", 1_000_000, 1, 10_000_000, "How many records.");
        private readonly Option<int> _rate = CommandOptions.Count(
            "--rate", 70_000, 1, 1_000_000, "Writes by second.");
        private readonly Option<int> _valueBytes = CommandOptions.Count(
            "--value-bytes", 256, 1, 1 << 16, "How large a value is.");
        private readonly Option<int> _seconds = CommandOptions.Count("--seconds", 30, 1, 3_600, "How long to measure.");

        public void AddTo(Command command)
        {
            foreach (Option<int> option in (Option<int>[])[_keys, _rate, _valueBytes, _seconds])
            {
                command.Options.Add(option);
            }
        }

        public PauseOptions Read(ParseResult result, int nodes) => new()
        {
            Nodes = nodes,
            Keys = result.GetValue(_keys),
            Rate = result.GetValue(_rate),
            ValueBytes = result.GetValue(_valueBytes),
            Seconds = result.GetValue(_seconds),
        };
    }
}

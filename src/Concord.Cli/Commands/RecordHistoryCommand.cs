using System.CommandLine;
using System.CommandLine.Parsing;
using System.Security.Cryptography;
using Concord.Cli.Recording;
using Concord.Cluster.Node;

namespace Concord.Cli.Commands;

/// <summary><c>concord record</c> and <c>concord check</c>: histories of a real cluster under faults.</summary>
internal sealed class RecordHistoryCommand(CommandContext context)
{
    private readonly Option<Workload> _workload = new("--workload")
    {
        Description = "What the clients do: register (write, read, compare-and-set), counter (add, read), lock "
            + "(acquire, write with its token, release) or queue (enqueue, receive, complete, give back).",
        HelpName = "register|counter|lock|queue",
        DefaultValueFactory = _ => Workload.Register,
    };
    private readonly Option<string[]> _nemesis = new("--nemesis")
    {
        Description = $"What goes wrong, separated by commas: {string.Join(", ", RecordingPlace.Kinds)}. Default: "
            + "nothing.",
        HelpName = "FAULT,…",
        AllowMultipleArgumentsPerToken = true,
        CustomParser = SplitFaults,
        DefaultValueFactory = _ => [],
    };
    private readonly Option<int> _seconds = CommandOptions.Count("--seconds", 30, 1, 3_600, "How long.");
    private readonly Option<int> _nodes = CommandOptions.Count("--nodes", 3, 1, 9, "How many nodes.");
    private readonly Option<ReplicaProtocol?> _protocol = CommandOptions.ProtocolOfNew();
    private readonly Option<int> _keys = CommandOptions.Count(
        "--keys", 4, 1, 64, "How many keys are in use at a time; each is replaced by a new one after 400 operations.");
    private readonly Option<int> _clients = CommandOptions.Count(
        "--clients", 12, 1, 128, "How many clients; they share out the keys.");
    private readonly Option<string> _history = CommandOptions.File(
        "--history", "Where to write the history; what went wrong and when goes to FILE.nemesis.jsonl.");
    private readonly Option<bool> _noCheck = new("--no-check") { Description = "Only write; do not check." };
    private readonly Option<ulong?> _seed = new("--seed")
    {
        Description = "Of the draws. Default: another one every time.",
        HelpName = "S",
    };

    public static Command CreateRecord(CommandContext context) => new RecordHistoryCommand(context).Create();

    public static Command CreateCheck(CommandContext context)
    {
        Argument<string> file = new("FILE") { Description = "A history that record has written." };
        Command command = new("check", "Checks a recorded history: is it explained by what is promised?") { file };
        command.SetAction(result => RecordingRun.SayVerdict(
            context.Terminal, HistoryLines.Read(result.GetValue(file)!)));
        new ManualPage(
            "",
            ["check history.jsonl"],
            ["0  it is as promised", "1  it is not, or that is not known", "2  there is no such history"])
            .AttachTo(command);
        return command;
    }

    private Command Create()
    {
        Command command = new("record", "Records what clients see of a real cluster on which faults are brought.")
        {
            _workload, _seconds, _nemesis, _nodes, _protocol, _keys, _clients, _history, _noCheck, _seed,
        };
        _history.Required = true;
        command.SetAction((result, cancellationToken) => new RecordingRun(
            context.Access, context.Terminal, context.Time).RunAsync(OptionsOf(result), cancellationToken));
        Page().AttachTo(command);
        return command;
    }

    private RecordOptions OptionsOf(ParseResult result) => new()
    {
        Workload = result.GetValue(_workload),
        Seconds = result.GetValue(_seconds),
        Faults = result.GetValue(_nemesis) ?? [],
        Nodes = result.GetValue(_nodes),
        Protocol = result.GetValue(_protocol)!,
        Keys = result.GetValue(_keys),
        Clients = result.GetValue(_clients),
        HistoryPath = result.GetValue(_history)!,
        IsChecked = !result.GetValue(_noCheck),
        Seed = result.GetValue(_seed) ?? BitConverter.ToUInt32(RandomNumberGenerator.GetBytes(sizeof(uint))),
    };

    private static string[] SplitFaults(ArgumentResult result)
    {
        string[] kinds =
        [
            .. result.Tokens.SelectMany(static token => token.Value.Split(
                ',', StringSplitOptions.RemoveEmptyEntries | StringSplitOptions.TrimEntries)),
        ];
        if (kinds.FirstOrDefault(static kind => !RecordingPlace.Kinds.Contains(kind)) is { } wrong)
        {
            result.AddError($"\"{wrong}\" is no fault; there are {string.Join(", ", RecordingPlace.Kinds)}.");
        }

        return kinds;
    }

    private static ManualPage Page() => new(
        """
        The nodes are processes of their own, the clients use the client library over sockets, and reads are
        linearizable. The history is one JSON object a line, on one monotonic clock; docs/guides/histories.md has
        the format, for checkers of others. Ours are asked at the end. A partition puts each node into a network
        namespace of its own, and a full disk needs small ones that are mounted for it: both take root.
        """,
        [
            "record --workload register --seconds 30 --nemesis kill,pause,partition --history history.jsonl",
            "record --workload counter --nemesis kill,clock --history counter.jsonl --no-check",
            "record --workload lock --nemesis kill,pause --history lock.jsonl",
            "record --workload queue --nemesis kill,partition --history queue.jsonl",
            "record --protocol paxos --nemesis kill --history paxos.jsonl",
        ],
        [
            "0    recorded, and as promised",
            "1    not as promised, or not known; or a node stopped by itself; or nothing was answered",
            "2    it could not run",
            "130  interrupted with Ctrl-C; what was recorded by then is written",
        ]);
}

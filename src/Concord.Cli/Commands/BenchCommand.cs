using System.CommandLine;
using System.Text.Json;
using Concord.Cli.Bench;
using Concord.Cli.Bench.Cores;
using Concord.Cli.Bench.Etcd;
using Concord.Cluster.Node;

namespace Concord.Cli.Commands;

/// <summary><c>concord bench put|get</c>, and the load generator that it starts.</summary>
internal static class BenchCommand
{
    private const int SecondsOfTurn = 3;
    private const string BothProtocols = "both";

    private static readonly ManualPage s_page = new(
        """
        The nodes are processes of their own, the load comes from one more process. Each caller waits for its
        answer before it calls again; the callers share the connections. Reads are linearizable, writes are on
        the disks of a majority before they are answered. The first two seconds are not measured.
        With --against etcd an etcd cluster of as many nodes is started beside it, on the same disk and as durable,
        driven through its own gRPC API by a lean client over as many connections. Both are loaded by turns; the
        ratio is the median of those of neighbours, and --seconds is the length of one turn.
        """,
        [
            "bench put", "bench get --callers 256 --connections 8 --seconds 30 --json get.json",
            "bench put --against etcd --pairs 7", "bench consensus --groups 48", "bench consensus --protocol both",
            "bench transfer", "bench failover --rounds 100", "bench pauses --rate 20000",
        ],
        ["0    measured", "1    nothing was measured", "2    it could not run", "130  interrupted with Ctrl-C"]);

    public static Command Create(CommandContext context)
    {
        Command bench = new("bench", "Measures a cluster on this machine: rate, latency, CPU and fsyncs per operation.")
        {
            CreateOperation(context, BenchOperation.Put, "Measures writes."),
            CreateOperation(context, BenchOperation.Get, "Measures linearizable reads."),
            CreateOperation(
                context, BenchOperation.Lock, "Measures taking and giving back locks, each caller one of its own."),
            CreateOperation(
                context, BenchOperation.LockContended, "Measures taking and giving back one lock that all want."),
            CreateOperation(context, BenchOperation.Counter, "Measures adding to one counter."),
            CreateOperation(
                context, BenchOperation.Queue, "Measures a queue: put a message in, take the next, complete it."),
            CreateConsensus(context),
        };
        foreach (Command command in BenchOutageCommands.CreateAll(context))
        {
            bench.Subcommands.Add(command);
        }

        bench.Subcommands.Add(BenchPauseCommands.Create(context));
        s_page.AttachTo(bench);
        return bench;
    }

    /// <summary>The hidden command that makes the load and prints one JSON object for each window.</summary>
    public static Command CreateLoad(CommandContext context)
    {
        Argument<BenchOperation> operation = new("operation");
        Option<string[]> servers = CommandOptions.Addresses("--servers", "The nodes to load.");
        LoadOptions load = new(BenchNames.CallersOf(BenchOperation.Put));
        Command command = new("bench-load", "Makes the load of bench.") { operation, servers };
        load.AddTo(command);
        command.Hidden = true;
        Option<BenchPeer?> peer = new("--peer") { Description = "What is loaded instead of Concord." };
        Option<string> processes = new("--processes") { Description = "The processes of its servers." };
        command.Options.Add(peer);
        command.Options.Add(processes);
        command.SetAction(async (result, cancellationToken) =>
        {
            string[] addresses = result.GetValue(servers)!;
            BenchOptions options = load.Read(result, result.GetValue(operation), addresses.Length);
            ILoadTarget target = result.GetValue(peer) is null
                ? new ConcordTarget(context.Access, addresses, options.CallersOfConnection)
                : PeerServers.TargetOf(
                    result.GetValue(peer)!.Value,
                    addresses,
                    [.. result.GetValue(processes)!.Split(',').Select(int.Parse)],
                    options);
            await using LoadGenerator generator = new(target, options, context.Time);
            await generator.ConnectAsync(cancellationToken);
            while (await Console.In.ReadLineAsync(cancellationToken) == LoadProcess.Window)
            {
                LoadResult measured = await generator.MeasureAsync(cancellationToken);
                context.Terminal.Print(JsonSerializer.Serialize(measured, BenchJson.Default.LoadResult));
            }

            return ExitCode.Success;
        });
        return command;
    }

    private static Command CreateConsensus(CommandContext context)
    {
        Option<int> groups = CommandOptions.Count("--groups", 1, 1, 1_024, "How many groups propose at once.");
        Option<int> seconds = CommandOptions.Count("--seconds", 7, 1, 600, "How many windows of a second.");
        Option<string> json = CommandOptions.File("--json", "Write the results as JSON.");
        Option<string> protocol = new("--protocol")
        {
            Description = "Which protocol agrees; both: by turns in one run, with the ratio of Multi-Paxos to Raft.",
            DefaultValueFactory = static _ => ReplicaProtocol.Raft.Name,
        };
        protocol.AcceptOnlyFromAmong([.. ReplicaProtocol.All.Select(static known => known.Name), BothProtocols]);
        Command command = new(
            "consensus", "Measures agreement alone: the core without I/O, then with logs on a disk and no network.")
        {
            protocol, groups, seconds, json,
        };
        command.SetAction((result, cancellationToken) => Task.FromResult(
            new ConsensusBench(context.Terminal, context.Time).Run(
                result.GetValue(protocol) is var name and not BothProtocols
                    ? [ReplicaProtocol.Find(name!)!]
                    : ReplicaProtocol.All,
                result.GetValue(groups),
                result.GetValue(seconds),
                result.GetValue(json),
                cancellationToken)));
        s_page.AttachTo(command);
        return command;
    }

    private static Option<BenchPeer?> Against(BenchOperation operation)
    {
        IReadOnlyList<BenchPeer> peers = BenchNames.PeersOf(operation);
        Option<BenchPeer?> against = new("--against")
        {
            Description = "Compare with it, by turns.",
            HelpName = string.Join('|', peers.Select(BenchNames.NameOf)),
        };
        against.Validators.Add(result =>
        {
            // What is no peer at all, the parser says.
            if (result.Tokens is [{ Value: var said }, ..] && Enum.TryParse(said, ignoreCase: true, out BenchPeer peer)
                && !peers.Contains(peer))
            {
                string names = string.Join(" or ", peers.Select(BenchNames.NameOf));
                result.AddError($"bench {BenchNames.NameOf(operation)} is compared with {names}.");
            }
        });
        return against;
    }

    private static Command CreateOperation(
        CommandContext context, BenchOperation operation, string description)
    {
        Option<int> nodes = CommandOptions.Count("--nodes", 3, 1, 9, "How many nodes.");
        Option<string> json = CommandOptions.File("--json", "Write the results as JSON.");
        Option<ReplicaProtocol?> protocol = CommandOptions.ProtocolOfNew();
        Option<BenchPeer?> against = Against(operation);
        Option<int> pairs = CommandOptions.Count("--pairs", 5, 5, 100, "How many pairs of turns a comparison has.");
        Option<bool> lease = new(ServeCommand.LeaderLeaseOption)
        {
            Description = "Concord's reads rest on a lease of the leader instead of asking a majority.",
        };
        LoadOptions load = new(BenchNames.CallersOf(operation));
        Command command = new(BenchNames.NameOf(operation), description) { nodes, protocol, against, pairs, lease };
        load.AddTo(command);
        command.Options.Add(json);
        command.SetAction((result, cancellationToken) =>
        {
            BenchOptions options = load.Read(result, operation, result.GetValue(nodes)) with
            {
                Protocol = result.GetValue(protocol)!,
                Against = result.GetValue(against),
                Pairs = result.GetValue(pairs),
                LeaderLease = result.GetValue(lease),
                JsonPath = result.GetValue(json),
            };
            if (options.Against is not null && !load.HasSeconds(result))
            {
                options = options with { Seconds = SecondsOfTurn };
            }

            if (options.Against is not null && options.ValueBytes > EtcdConnection.ValueBytesMax)
            {
                throw new CliException(
                    $"A comparison takes values of at most {EtcdConnection.ValueBytesMax} bytes; give --value-bytes.");
            }

            return new BenchRun(context.Terminal, context.Time).RunAsync(options, cancellationToken);
        });
        s_page.AttachTo(command);
        return command;
    }

    /// <summary>The options that describe the load; the same for the command and for its load generator.</summary>
    private sealed class LoadOptions(int callers)
    {
        private readonly Option<int> _callers = CommandOptions.Count(
            "--callers", callers, 1, 4_096, "How many calls are under way at once.");
        private readonly Option<int> _connections = CommandOptions.Count(
            "--connections", 4, 1, 256, "How many connections they share.");
        private readonly Option<int> _valueBytes = CommandOptions.Count(
            "--value-bytes", 256, 1, 1 << 20, "How large a value is.");
        private readonly Option<int> _seconds = CommandOptions.Count(
            "--seconds", 10, 1, 3_600, "How long to measure; one turn of a comparison, 3 unless told.");

        public void AddTo(Command command)
        {
            foreach (Option<int> option in (Option<int>[])[_callers, _connections, _valueBytes, _seconds])
            {
                command.Options.Add(option);
            }
        }

        public BenchOptions Read(ParseResult result, BenchOperation operation, int nodes) => new()
        {
            Operation = operation,
            Nodes = nodes,
            Callers = result.GetValue(_callers),
            Connections = result.GetValue(_connections),
            ValueBytes = result.GetValue(_valueBytes),
            Seconds = result.GetValue(_seconds),
        };

        public bool HasSeconds(ParseResult result) => result.GetResult(_seconds) is { Implicit: false };
    }
}

using System.CommandLine;
using Concord.Cli.Connections;
using Concord.Cluster.Node;
using NodeSettings = Concord.Cli.Connections.NodeSettings;

namespace Concord.Cli.Commands;

/// <summary><c>concord serve</c>: one node, in the foreground.</summary>
internal static class ServeCommand
{
    public const string ElectionTimeoutOption = "--election-timeout";
    public const string LeaderLeaseOption = "--leader-lease";
    public const string SnapshotRateOption = "--snapshot-rate";
    private const int ShardsMax = 1_024;

    public static Command Create(CommandContext context)
    {
        Option<string> address = new("--node-address")
        {
            Description = "Where others reach this node; one of the members.",
            HelpName = "HOST:PORT",
            Required = true,
        };
        Option<string[]> members = CommandOptions.Addresses(
            "--members",
            "The first members of the cluster, this node among them. Stays as it is when members come and go.",
            isRequired: false);
        Option<string[]> join = CommandOptions.Addresses(
            "--join",
            "Instead of --members, for a node that was added to a running cluster: members to ask who it is. Only read "
                + "while the data folder is empty.",
            isRequired: false);
        Option<string> data = new("--data")
        {
            Description = "The node's log, snapshots and identity.",
            HelpName = "DIR",
            Required = true,
        };
        Option<int> shards = CommandOptions.Count(
            "--shards",
            3,
            1,
            ShardsMax,
            "How many shards the records are spread over; the same for all members. Only read while the data folder "
                + "is empty.");
        Option<ReplicaProtocol?> protocol = CommandOptions.Protocol(
            "How the nodes agree; the same for all members, for as long as the cluster lives. A data folder that was "
                + "begun with the other one is refused. Default: raft; with --join what the cluster has.",
            defaultValue: null);
        Option<bool> insecure = new("--allow-insecure-transport")
        {
            Description = "Use an address that is not loopback although there is no certificate.",
        };
        Option<int> electionTimeout = CommandOptions.Count(
            ElectionTimeoutOption,
            1_000,
            100,
            60_000,
            "Milliseconds without a leader before a node looks for another; the same for all members.");
        Option<bool> lease = new(LeaderLeaseOption)
        {
            Description = "Reads rest on a lease of the leader instead of asking a majority each time: needs clocks "
                + "whose rates differ by less than a fifth. The same for all members.",
        };
        Option<int> snapshotRate = CommandOptions.Count(
            SnapshotRateOption,
            64,
            1,
            1 << 20,
            "MiB per second of snapshots that this node gives to all nodes that catch up, together, so that they do "
                + "not hold up its writes.");
        Option<bool> stopWithInput = new(TerminationSignals.StopWithInputOption) { Hidden = true };
        Command command = new("serve", "Runs a node until Ctrl-C or SIGTERM.")
        {
            address, members, join, data, shards, protocol, insecure, electionTimeout, lease, snapshotRate,
            stopWithInput,
        };
        command.Validators.Add(result =>
        {
            if (result.GetResult(members) is null == (result.GetResult(join) is null))
            {
                result.AddError("Say either --members, for a node that begins a cluster with others, or --join.");
            }
        });
        command.SetAction((result, cancellationToken) =>
        {
            NodeSettings settings = new(
                result.GetValue(address)!,
                result.GetValue(members) ?? [],
                result.GetValue(join) ?? [],
                result.GetValue(data)!,
                result.GetValue(shards),
                result.GetValue(insecure))
            {
                Protocol = result.GetValue(protocol),
                ElectionTimeout = TimeSpan.FromMilliseconds(result.GetValue(electionTimeout)),
                LeaderLease = result.GetValue(lease),
                SnapshotBytesPerSecond = (long)result.GetValue(snapshotRate) << 20,
            };
            return RunAsync(context, settings, result.GetValue(stopWithInput), cancellationToken);
        });
        Page().AttachTo(command);
        return command;
    }

    private static async Task<int> RunAsync(
        CommandContext context, NodeSettings settings, bool stopWithInput, CancellationToken cancellationToken)
    {
        await using INodeHost node = await context.Access.StartNodeAsync(settings, cancellationToken);
        context.Terminal.Say($"Ready: {settings.Address}, data in {Path.GetFullPath(settings.DataDirectory)}.");
        Task interrupted = Task.Delay(Timeout.InfiniteTimeSpan, context.Time, cancellationToken);
        Task inputEnded = stopWithInput ? WatchInput() : interrupted;
        if (await Task.WhenAny(node.StoppedByItself, interrupted, inputEnded) == node.StoppedByItself)
        {
            throw new CliException(await node.StoppedByItself);
        }

        return ExitCode.Success;
    }

    /// <summary>Completes when the standard input ends. A thread of its own: reading a console blocks, whatever the
    /// method is called, and a blocked pool thread is one that the node would miss.</summary>
    private static Task WatchInput()
    {
        TaskCompletionSource ended = new(TaskCreationOptions.RunContinuationsAsynchronously);
        Thread thread = new(() =>
        {
            while (Console.In.Read() >= 0)
            {
            }

            ended.TrySetResult();
        })
        {
            IsBackground = true,
            Name = "input",
        };
        thread.Start();
        return ended.Task;
    }

    private static ManualPage Page() => new(
        "It prints one line when it is ready. A node that must not go on (a failed sync, a full disk, damaged\n"
        + "data) stops by itself and says why in one sentence on its standard error. So does one that was\n"
        + "removed from the cluster, or whose folder was lost and started empty under its old name.\n\n"
        + "A node that is to join a running cluster is added first: concord members add ADDRESS.",
        [
            "serve --node-address 127.0.0.1:5001 --members 127.0.0.1:5001,127.0.0.1:5002,127.0.0.1:5003 --data ./n1",
            "serve --node-address 127.0.0.1:5004 --join 127.0.0.1:5001,127.0.0.1:5002 --data ./n4",
        ],
        [
            "0  stopped by Ctrl-C or SIGTERM",
            "2  it could not start, or stopped by itself",
        ]);
}

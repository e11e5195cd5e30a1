using Concord.Cli.Connections;
using Concord.Cli.Processes;

namespace Concord.Cli.Orders;

/// <summary>
/// Places the orders of a file on a cluster of real processes, kills one of them on the way, and recomputes by hand
/// whether anything was lost. The acts in their order; each has a class of its own.
/// </summary>
/// <param name="access">The way to the cluster.</param>
/// <param name="terminal">Where people read.</param>
/// <param name="time">The clock.</param>
internal sealed class OrdersDemo(IClusterAccess access, Terminal terminal, TimeProvider time)
{
    private static readonly TimeSpan s_leaderLimit = TimeSpan.FromSeconds(60);

    /// <returns>The exit code.</returns>
    /// <exception cref="CliException">It cannot run.</exception>
    public async Task<int> RunAsync(DemoOptions options, CancellationToken cancellationToken)
    {
        InitialState initial = InitialState.Read(options.InitialPath);
        OrderFile file = OrderFile.Read(options.OrdersPath, initial);
        OutputFile.Probe(options.JsonPath);
        OutputFile.Probe(options.DumpPath);
        ReportInvalidLines(options, file);

        using DataFolder folder = DataFolder.Open(options);
        bool isNew = folder.Manifest is null;
        terminal.Say($"Starting {options.Nodes} nodes with {options.Shards} shards in {folder.Path}.");
        await using NodeProcesses nodes =
            await new DemoCluster(folder, options, terminal.Say, time).StartAsync(cancellationToken);
        (DemoReport report, FinalState state) = await nodes.RunAsync(
            token => PlaceAndAuditAsync(options, initial, file, nodes, isNew, token), cancellationToken);

        terminal.Out.Write(DemoTable.Of(report));
        OutputFile.Write(options.JsonPath, report.ToJson);
        OutputFile.Write(options.DumpPath, () => DemoDump.ToJsonLines(state));
        return report.AuditPassed ? ExitCode.Success : ExitCode.Failed;
    }

    private async Task<(DemoReport Report, FinalState State)> PlaceAndAuditAsync(
        DemoOptions options,
        InitialState initial,
        OrderFile file,
        NodeProcesses nodes,
        bool isNew,
        CancellationToken cancellationToken)
    {
        ClusterPoll poll = new(access.Admin, nodes.Addresses, time);
        ReplicaComparison replicas = new(poll, options.Shards, time);
        await using ClusterWatch watch = new(poll, options.Shards, time);
        watch.Start();
        await WaitForLeadersAsync(watch, cancellationToken);
        await using IClusterConnection connection = await access.ConnectAsync(
            nodes.Addresses, "", cancellationToken);
        FinalStateReader reader = new(connection.Concord, access.Admin, nodes.Addresses, time);

        await new InitialLoad(connection.Concord, time).RunAsync(initial, cancellationToken);
        IReadOnlyList<Shipment> earlier = isNew ? [] : await ReadEarlierAsync(replicas, reader, cancellationToken);
        SayWhatComes(options, file, earlier);

        (OrderRun run, int kills) =
            await PlaceAsync(options, file, earlier, connection.Concord, nodes, watch, cancellationToken);
        int leaderChanges = watch.LeaderChanges;

        terminal.Say("All orders are settled; the audit begins when the replicas have caught up.");
        AuditCheck replicaCheck = await replicas.CompareAsync(cancellationToken);
        FinalState state = await reader.ReadAsync(initial, cancellationToken);
        List<AuditCheck> audit = [.. DemoAudit.Check(initial, earlier, file.Orders, run.Outcomes, state), replicaCheck];
        HashSet<string> earlierIds = Ids(earlier);
        DemoReport report = DemoReport.Of(file, run, file.Orders.Count(order => earlierIds.Contains(order.Id)), audit)
            with { Kills = kills, KilledFromOutside = nodes.KilledFromOutside, LeaderChanges = leaderChanges };
        return (report, state);
    }

    private Task<(OrderRun Run, int Kills)> PlaceAsync(
        DemoOptions options,
        OrderFile file,
        IReadOnlyList<Shipment> earlier,
        IConcord concord,
        NodeProcesses nodes,
        ClusterWatch watch,
        CancellationToken cancellationToken) =>
        ProgressView.ShowAsync(terminal, file.Orders.Count, "orders settled", async progress =>
        {
            FaultScript script = new(nodes, watch.MostLeading, progress, file.Orders.Count, options.InjectsFaults);
            OrderRunner runner = new(new OrderPlacer(concord, time), script, time);
            OrderRun run = await runner.RunAsync(file.Orders, Ids(earlier), options.Clients, cancellationToken);
            return (run, script.Kills);
        });

    private async Task WaitForLeadersAsync(ClusterWatch watch, CancellationToken cancellationToken)
    {
        try
        {
            await watch.AllShardsLed.WaitAsync(s_leaderLimit, time, cancellationToken);
        }
        catch (TimeoutException)
        {
            throw new CliException(
                $"The shards had no leaders within {s_leaderLimit.TotalSeconds} s; try again when the machine is "
                    + $"less busy.");
        }
    }

    /// <summary>Orders of an earlier run may still be on their way to a decision: first those, then the list.</summary>
    private static async Task<IReadOnlyList<Shipment>> ReadEarlierAsync(
        ReplicaComparison replicas, FinalStateReader reader, CancellationToken cancellationToken)
    {
        string? unrest = await replicas.WaitUntilQuietAsync(cancellationToken);
        return unrest is null
            ? await reader.ReadShipmentsAsync(cancellationToken)
            : throw new CliException($"The cluster does not come to rest: {unrest}; look at the nodes' folders.");
    }

    private void SayWhatComes(DemoOptions options, OrderFile file, IReadOnlyList<Shipment> earlier)
    {
        if (earlier.Count > 0)
        {
            terminal.Say(
                $"The data folder holds {earlier.Count} shipments of earlier runs; those orders are not placed again.");
        }

        string faults = options.InjectsFaults ? "one node is killed on the way"
            : options.NoFaults ? "no node is killed (--no-faults)"
            : "no node is killed (that takes at least three nodes)";
        terminal.Say($"Placing {file.Orders.Count} orders with {options.Clients} clients; {faults}.");
    }

    private void ReportInvalidLines(DemoOptions options, OrderFile file)
    {
        foreach (InvalidLine invalid in file.InvalidLines)
        {
            terminal.Error.WriteLine($"{options.OrdersPath}:{invalid.Line}: {invalid.Reason}");
        }
    }

    private static HashSet<string> Ids(IReadOnlyList<Shipment> shipments) =>
        shipments.Select(shipment => shipment.Id).ToHashSet(StringComparer.Ordinal);
}

using System.Net;
using Concord.Client.Connections;
using Concord.Cluster.Node;
using Concord.Cluster.Storage;
using Concord.Consensus;
using Concord.Engines;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Logging;

namespace Concord.Cluster.Runtime;

/// <summary>What is needed to start a node in this process.</summary>
/// <param name="DataDirectory">Its folder.</param>
/// <param name="Layout">How the cluster began; null for a node that joins it.</param>
/// <param name="JoinThrough">Whom a node that joins asks who it is.</param>
/// <param name="Address">This member.</param>
/// <param name="Listen">Where it listens; null for a node that nobody else reaches.</param>
/// <param name="StateBytesMax">The most state that it holds.</param>
internal sealed record NodeStartup(
    string DataDirectory,
    ClusterLayout? Layout,
    IReadOnlyList<string> JoinThrough,
    string Address,
    IPEndPoint? Listen,
    long StateBytesMax)
{
    /// <summary>The protocol that was asked for; null for a cluster's own, which is Raft unless it began with
    /// another.</summary>
    public ReplicaProtocol? Protocol { get; init; }

    public TimeSpan ElectionTimeout { get; init; } = TimeSpan.FromSeconds(1);

    public bool LeaderLease { get; init; }

    public int? LevelMax { get; init; }

    public long SnapshotBytesPerSecond { get; init; } = 64L << 20;
}

/// <summary>A node in this process, and the client that uses it.</summary>
internal sealed class ClusterEngine(NodeShell shell, IDialer dialer, ClusterClient client) : IEngine
{
    /// <summary>Reads the folder, starts the node, and connects a client to it.</summary>
    /// <exception cref="EngineStoppedException">It cannot start; the message says what to do.</exception>
    public static async Task<EngineStart> StartAsync(
        NodeStartup startup, IServiceProvider provider, CancellationToken cancellationToken)
    {
        TimeProvider time = provider.GetRequiredService<TimeProvider>();
        ILoggerFactory loggers = provider.GetRequiredService<ILoggerFactory>();
        NodeShell shell;
        try
        {
            shell = await StartNodeAsync(startup, time, loggers, cancellationToken).ConfigureAwait(false);
        }
        catch (Exception e) when (e is StorageCorruptException or Encoding.MalformedDataException
            or UnknownLevelException)
        {
            throw EngineErrors.Stopped(e.Message, e);
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            throw EngineErrors.Stopped(NodeShell.DiskSentence(e, startup.DataDirectory), e);
        }

        var dialer = new LocalDialer(shell, startup.Address);
        ClusterClient client = Microsoft.Extensions.DependencyInjection.ClientEngine.Create(
            provider, [startup.Address], dialer);
        return new(new ClusterEngine(shell, dialer, client), shell.Stopped);
    }

    /// <summary>How clients in this process reach the node.</summary>
    public IDialer Dialer => dialer;

    public ConcordCapabilities Capabilities => client.Capabilities;

    public IConcordSession Session => client.Session;

    public ValueTask<EngineAnswer> ExecuteAsync(OperationRequest request, CancellationToken cancellationToken) =>
        client.ExecuteAsync(request, cancellationToken);

    public ValueTask<EngineAnswer> QueryAsync(OperationRequest request, CancellationToken cancellationToken) =>
        client.QueryAsync(request, cancellationToken);

    public ValueTask<EngineHold?> AcquireAsync(HoldRequest request, CancellationToken cancellationToken) =>
        client.AcquireAsync(request, cancellationToken);

    public ValueTask AcquireSeveralAsync(
        SeveralRequest request, Action<EngineHold> granted, CancellationToken cancellationToken) =>
        client.AcquireSeveralAsync(request, granted, cancellationToken);

    public ValueTask<EngineAnswer> EndAsync(
        EngineHold hold, OperationRequest request, CancellationToken cancellationToken) =>
        client.EndAsync(hold, request, cancellationToken);

    public IAsyncEnumerable<EngineRecords> WatchAsync(
        ReadOnlyMemory<byte> prefix, CancellationToken cancellationToken) =>
        client.WatchAsync(prefix, cancellationToken);

    public ValueTask<EngineRecord> ReadAsync(ReadOnlyMemory<byte> key, CancellationToken cancellationToken) =>
        client.ReadAsync(key, cancellationToken);

    public ValueTask<(SessionId Session, ulong Sequence)> BeginAsync(CancellationToken cancellationToken) =>
        client.BeginAsync(cancellationToken);

    public void GiveUp(SessionId session, ulong sequence) => client.GiveUp(session, sequence);

    public ValueTask<EngineAnswer> CommitAsync(TransactionRequest request, CancellationToken cancellationToken) =>
        client.CommitAsync(request, cancellationToken);

    public ValueTask<EngineAnswer> SettleAsync(RequestKey request, CancellationToken cancellationToken) =>
        client.SettleAsync(request, cancellationToken);

    public async ValueTask DisposeAsync()
    {
        await client.DisposeAsync().ConfigureAwait(false);
        shell.Dispose();
    }

    private static async Task<NodeShell> StartNodeAsync(
        NodeStartup startup, TimeProvider time, ILoggerFactory loggers, CancellationToken cancellationToken)
    {
        ILogger logger = loggers.CreateLogger("Concord.Cluster");
        var files = new RealFileSystem();
        var logOptions = new LogOptions();
        NodeFolder folder = NodeFolder.Open(files, Path.GetFullPath(startup.DataDirectory));
        try
        {
            (RecoveredState recovered, ulong incarnation) = NodeStart.Open(
                files,
                folder,
                logOptions,
                startup.Layout,
                startup.Layout?.NodeAt(startup.Address) ?? default,
                NodeStart.NewIncarnation());
            if (recovered.Log.TornTail is { } torn)
            {
                ShellLog.TornTail(logger, torn);
            }

            if (recovered.Log.DamageReport is { } damage)
            {
                ShellLog.Damage(logger, damage);
            }

            NodePlace place = startup.Layout is { } layout
                ? new(layout.NodeAt(startup.Address), layout, null)
                : await JoinedNode.IdentifyAsync(startup, recovered.Log.Identity, time, cancellationToken)
                    .ConfigureAwait(false);

            NodeStart.Own(files, folder, place.Layout.ClusterId, place.Node, incarnation);
            var settings = new NodeSettings
            {
                Self = place.Node,
                Incarnation = incarnation,
                Seed = NodeStart.NewIncarnation(),
                StateBytesMax = startup.StateBytesMax,
                ElectionTimeout = startup.ElectionTimeout,
                HeartbeatInterval = startup.ElectionTimeout / 10,
                LeaderLease = startup.LeaderLease,
                SnapshotBytesPerSecond = startup.SnapshotBytesPerSecond,
                LevelMax = startup.LevelMax ?? Operations.OperationTable.KnownLevel,
            };
            var core = new NodeCore(
                settings, place.Layout, recovered, logOptions,
                new ShellEvents(logger, loggers.CreateLogger(ShellEvents.AuditCategory)), place.Directory);
            if (core.StopReason is { } reason)
            {
                throw EngineErrors.Stopped(reason);
            }

            var device = new LogDevice(files, folder.LogDirectory, logOptions, recovered.Log.Position);
            var shell = new NodeShell(
                core, folder, new(files, device, folder.SnapshotDirectory), startup.Listen, time, logger);
            shell.Start();
            return shell;
        }
        catch
        {
            folder.Dispose();
            throw;
        }
    }
}

using System.Diagnostics.CodeAnalysis;
using System.Net;
using Concord;
using Concord.Client.Connections;
using Concord.Cluster.Node;
using Concord.Cluster.Runtime;
using Concord.Engines;
using Concord.Hosting;
using Concord.Operations;

namespace Microsoft.Extensions.DependencyInjection;

/// <summary>Chooses the embedded engine.</summary>
public static class ConcordClusterBuilderExtensions
{
    private const string SingleNodeAddress = "single:0";
    private const long SnapshotRateMin = 64 << 10;
    private const long StateBytesMin = 1 << 20;
    private static readonly TimeSpan s_electionTimeoutMin = TimeSpan.FromMilliseconds(100);

    /// <summary>One durable node in a folder of this machine. Refuses a folder in use, and refuses the environment
    /// <c>Production</c> unless <see cref="SingleNodeOptions.SingleInstance"/> says that there is one process
    /// only.</summary>
    /// <param name="builder">The builder.</param>
    /// <param name="dataDirectory">The node's own folder; created if it is not there.</param>
    /// <param name="configure">Further options.</param>
    /// <returns>The builder.</returns>
    public static IConcordBuilder UseSingleNode(
        this IConcordBuilder builder, string dataDirectory, Action<SingleNodeOptions>? configure = null)
    {
        ArgumentNullException.ThrowIfNull(builder);
        ArgumentException.ThrowIfNullOrWhiteSpace(dataDirectory);
        builder.AddEngine(SingleNode(dataDirectory, configure));
        return builder;
    }

    /// <summary>This process is a member of a replicated cluster. It starts whether or not the others are there; calls
    /// wait for a majority up to their timeout.</summary>
    /// <param name="builder">The builder.</param>
    /// <param name="configure">Folder, members and address.</param>
    /// <returns>The builder.</returns>
    public static IConcordBuilder UseCluster(this IConcordBuilder builder, Action<ClusterNodeOptions> configure)
    {
        ArgumentNullException.ThrowIfNull(builder);
        ArgumentNullException.ThrowIfNull(configure);
        builder.AddEngine(new EngineRegistration(nameof(UseCluster), (provider, cancellationToken) =>
        {
            var options = new ClusterNodeOptions();
            configure(options);
            return ClusterEngine.StartAsync(
                StartupOf(options, provider.GetService<ReplicaProtocol>()), provider, cancellationToken);
        }));
        return builder;
    }

    /// <summary>
    /// The members of the cluster agree by Multi-Paxos instead of Raft. Chosen when a cluster begins, the same on every
    /// member, and for as long as it lives: a folder or a member of the other protocol is refused. A node that joins
    /// takes what its cluster has, and need not say it. Goes with <see cref="UseCluster"/> and
    /// <see cref="UseSingleNode"/>; nothing else changes.
    /// </summary>
    /// <param name="builder">The builder.</param>
    /// <returns>The builder.</returns>
    [Experimental("CNC9001")]
    public static IConcordBuilder UseMultiPaxos(this IConcordBuilder builder)
    {
        ArgumentNullException.ThrowIfNull(builder);
        builder.AddPart(ReplicaProtocol.MultiPaxos);
        return builder;
    }

    /// <summary>How to start a single node.</summary>
    internal static EngineRegistration SingleNode(string dataDirectory, Action<SingleNodeOptions>? configure) =>
        new(nameof(UseSingleNode), (provider, cancellationToken) =>
        {
            var options = new SingleNodeOptions();
            configure?.Invoke(options);
            RefuseProduction(options, provider);
            var startup = new NodeStartup(
                dataDirectory,
                ClusterLayout.Create([SingleNodeAddress], shards: 1, provider.GetService<ReplicaProtocol>()),
                JoinThrough: [],
                SingleNodeAddress,
                Listen: null,
                StateBoundOf(options.MaxStateBytes));
            return ClusterEngine.StartAsync(startup, provider, cancellationToken);
        });

    private static NodeStartup StartupOf(ClusterNodeOptions options, ReplicaProtocol? protocol)
    {
        if (string.IsNullOrWhiteSpace(options.DataDirectory))
        {
            throw EngineErrors.Stopped("A member needs a folder of its own: set DataDirectory.");
        }

        string address = options.AdvertisedAddress ?? options.ListenEndPoint?.ToString()
            ?? throw EngineErrors.Stopped("A member needs an address: set ListenEndPoint, AdvertisedAddress, or both.");
        CheckAddresses([address, .. options.InitialMembers, .. options.JoinThrough]);
        bool joins = options.JoinThrough.Count > 0;
        if (joins && options.InitialMembers.Count > 0)
        {
            throw EngineErrors.Stopped(
                "A node either begins a cluster with others (InitialMembers) or joins one (JoinThrough): set one.");
        }

        if (!joins && !options.InitialMembers.Contains(address))
        {
            throw EngineErrors.Stopped(
                $"This member's address {address} is not among the members "
                    + $"({string.Join(", ", options.InitialMembers)}). "
                + "Name it there exactly as it is advertised.");
        }

        IPEndPoint listen = options.ListenEndPoint ?? (IPEndPoint.TryParse(address, out IPEndPoint? parsed)
            ? parsed
            : throw EngineErrors.Stopped(
                $"{address} is a name: say with ListenEndPoint on which IP address to listen."));
        RefuseInsecure(options, listen);
        if (options.ElectionTimeout < s_electionTimeoutMin)
        {
            throw EngineErrors.Stopped(
                $"An election timeout of {options.ElectionTimeout.TotalMilliseconds} ms is shorter than a busy disk or "
                + $"a pause may take: set at least {s_electionTimeoutMin.TotalMilliseconds} ms.");
        }

        try
        {
            return new(
                options.DataDirectory,
                joins ? null : ClusterLayout.Create(options.InitialMembers, options.Shards, protocol),
                [.. options.JoinThrough],
                address,
                listen,
                StateBoundOf(options.MaxStateBytes))
            {
                Protocol = protocol,
                ElectionTimeout = options.ElectionTimeout,
                LeaderLease = options.LeaderLease,
                LevelMax = LevelOf(options),
                SnapshotBytesPerSecond = SnapshotRateOf(options),
            };
        }
        catch (ArgumentException e)
        {
            throw EngineErrors.Stopped(e.Message, e);
        }
    }

    /// <summary>A member that nobody can reach would be found out much later, and the folder would say that it is
    /// one.</summary>
    private static void CheckAddresses(IEnumerable<string> addresses)
    {
        foreach (string address in addresses)
        {
            try
            {
                SocketLink.Parse(address);
            }
            catch (FormatException e)
            {
                throw EngineErrors.Stopped($"{e.Message} Nothing was changed. Correct it, the same on all members.", e);
            }
        }
    }

    private static long StateBoundOf(long bytes) => bytes >= StateBytesMin
        ? bytes
        : throw EngineErrors.Stopped($"MaxStateBytes is {bytes}: set at least {StateBytesMin}.");

    private static int? LevelOf(ClusterNodeOptions options) =>
        options.LevelMax is null or (>= OperationTable.FirstLevel and <= OperationTable.KnownLevel)
            ? options.LevelMax
            : throw EngineErrors.Stopped(
                $"LevelMax is {options.LevelMax}; this build knows the levels {OperationTable.FirstLevel} to "
                    + $"{OperationTable.KnownLevel}.");

    private static long SnapshotRateOf(ClusterNodeOptions options) =>
        options.SnapshotBytesPerSecond >= SnapshotRateMin
            ? options.SnapshotBytesPerSecond
            : throw EngineErrors.Stopped(
                $"SnapshotBytesPerSecond is {options.SnapshotBytesPerSecond}: at less than {SnapshotRateMin} bytes per "
                + "second a member that was away may never catch up. Set that at least, or long.MaxValue: no limit.");

    private static void RefuseInsecure(ClusterNodeOptions options, IPEndPoint listen)
    {
        if (!IPAddress.IsLoopback(listen.Address) && !options.AllowInsecureTransport)
        {
            throw EngineErrors.Stopped(
                $"{listen} can be reached from other machines, and connections are not encrypted: refused. "
                    + "Listen on a loopback "
                + "address, or set AllowInsecureTransport if the network between the members is trusted.");
        }
    }

    private static void RefuseProduction(SingleNodeOptions options, IServiceProvider provider)
    {
        if (!options.SingleInstance && EnvironmentName.IsProduction(provider))
        {
            throw EngineErrors.Stopped(
                "A single node was refused in the Production environment: two processes with a node each would "
                    + "each hold their own "
                + "truth. Use UseCluster, or set SingleInstance if there is one process only.");
        }
    }
}

using Concord.Client.Administration;

namespace Concord.Cli.Connections;

/// <summary>The one door between the command line and the engine, so that the commands can be tested without
/// one.</summary>
internal interface IClusterAccess
{
    IClusterAdmin Admin { get; }

    /// <summary>Connects as an ordinary client.</summary>
    /// <param name="servers">Nodes of the cluster.</param>
    /// <param name="namespace">Which names are meant, <see cref="ConcordOptions.Namespace"/>; empty for those of
    /// applications that set none.</param>
    /// <param name="cancellationToken">Stops connecting.</param>
    Task<IClusterConnection> ConnectAsync(
        IReadOnlyList<string> servers, string @namespace, CancellationToken cancellationToken);

    /// <summary>Runs a node in this process.</summary>
    Task<INodeHost> StartNodeAsync(NodeSettings settings, CancellationToken cancellationToken);
}

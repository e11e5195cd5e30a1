using Concord.Client.Administration;

namespace Concord.Cli.Connections;

/// <summary>The one door between the command line and the engine, so that the commands can be tested without
/// one.</summary>
internal interface IClusterAccess
{
    IClusterAdmin Admin { get; }

    /// <summary>Connects as an ordinary client.</summary>
    Task<IClusterConnection> ConnectAsync(IReadOnlyList<string> servers, CancellationToken cancellationToken);

    /// <summary>Runs a node in this process.</summary>
    Task<INodeHost> StartNodeAsync(NodeSettings settings, CancellationToken cancellationToken);
}

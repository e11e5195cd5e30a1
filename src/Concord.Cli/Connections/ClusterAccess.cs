using Concord.Client.Administration;

namespace Concord.Cli.Connections;

/// <summary>The real cluster.</summary>
internal sealed class ClusterAccess : IClusterAccess
{
    public IClusterAdmin Admin => throw Absent();

    public Task<IClusterConnection> ConnectAsync(IReadOnlyList<string> servers, CancellationToken cancellationToken) =>
        throw Absent();

    public Task<INodeHost> StartNodeAsync(NodeSettings settings, CancellationToken cancellationToken) => throw Absent();

    private static CliException Absent() => new("This build has no engine.");
}

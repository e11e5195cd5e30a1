using Concord.Cli.Connections;
using Concord.Client.Administration;

namespace Concord.Cli.Tests.Fakes;

/// <summary>Every address leads to the same dictionary.</summary>
internal sealed class FakeAccess(FakeConcord concord) : IClusterAccess
{
    public FakeAdmin FakeAdmin { get; } = new(concord);

    public IClusterAdmin Admin => FakeAdmin;

    public Task<IClusterConnection> ConnectAsync(
        IReadOnlyList<string> servers, string @namespace, CancellationToken cancellationToken) =>
        Task.FromResult<IClusterConnection>(new Connection(concord));

    public Task<INodeHost> StartNodeAsync(NodeSettings settings, CancellationToken cancellationToken) =>
        Task.FromException<INodeHost>(new CliException($"The address {settings.Address} is in use."));

    private sealed class Connection(IConcord concord) : IClusterConnection
    {
        public IConcord Concord => concord;

        public ValueTask DisposeAsync() => ValueTask.CompletedTask;
    }
}

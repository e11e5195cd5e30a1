namespace Concord.Cli.Connections;

/// <summary>A client of a cluster: nothing but the public API.</summary>
internal interface IClusterConnection : IAsyncDisposable
{
    IConcord Concord { get; }
}

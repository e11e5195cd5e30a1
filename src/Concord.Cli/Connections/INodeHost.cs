namespace Concord.Cli.Connections;

/// <summary>A node that runs in this process.</summary>
internal interface INodeHost : IAsyncDisposable
{
    /// <summary>Completes when the node stops by itself, with the sentence that says why; never otherwise.</summary>
    Task<string> StoppedByItself { get; }
}

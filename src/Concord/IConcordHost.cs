namespace Concord;

/// <summary>A running Concord. Disposing of it stops the engine cleanly; what was acknowledged is kept.</summary>
public interface IConcordHost : IAsyncDisposable
{
    /// <summary>The root.</summary>
    IConcord Concord { get; }

    /// <summary>Ends when the engine has stopped: with null after a clean stop, with a sentence that says what happened
    /// and what to do when the engine stopped itself. Never faults.</summary>
    Task<string?> Stopped { get; }
}

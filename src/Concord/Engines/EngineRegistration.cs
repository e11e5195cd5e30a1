namespace Concord.Engines;

/// <summary>What a Use… method puts into the services: how to start the engine that was chosen.</summary>
/// <param name="Name">For messages: the name of the Use… method.</param>
/// <param name="Start">Starts it. Whoever starts it disposes of it.</param>
internal sealed record EngineRegistration(
    string Name, Func<IServiceProvider, CancellationToken, Task<EngineStart>> Start)
{
    /// <summary>The time that the engine and its client go by; that of the services unless the engine has its
    /// own.</summary>
    public Func<IServiceProvider, TimeProvider>? Time { get; init; }
}

/// <summary>An engine that has started.</summary>
/// <param name="Engine">The engine.</param>
/// <param name="Stopped">Ends when it has stopped: with null because it was asked to, else with a sentence that says
/// why and what to do.</param>
internal sealed record EngineStart(IEngine Engine, Task<string?> Stopped);

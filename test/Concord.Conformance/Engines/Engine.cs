namespace Concord.Conformance.Engines;

/// <summary>
/// What a case runs on. One per kind for the whole run, shared by all cases at once; each case has a stage of its own
/// on it. An engine that comes later derives from this, or from <see cref="FaultyEngine"/> if it can play faults, and
/// adds a file with a sealed class for each class of cases.
/// </summary>
public abstract class Engine
{
    /// <summary>A stage on which nobody else's names are.</summary>
    public abstract Task<Stage> OpenAsync();
}

/// <summary>An engine that can also play what happens to processes.</summary>
public abstract class FaultyEngine : Engine
{
    public abstract Task<FaultyStage> OpenFaultyAsync();

    public sealed override async Task<Stage> OpenAsync() => await OpenFaultyAsync();
}

/// <summary>Nodes, started by the first case that asks for them: a run of one class starts one engine.</summary>
public abstract class NodesOfRun : FaultyEngine, IAsyncDisposable
{
    private readonly Lock _lock = new();
    private Task<Nodes>? _started;

    public sealed override async Task<FaultyStage> OpenFaultyAsync()
    {
        Task<Nodes> started;
        lock (_lock)
        {
            started = _started ??= StartAsync();
        }

        return await (await started).OpenFaultyAsync();
    }

    public async ValueTask DisposeAsync()
    {
        if (_started is { IsCompletedSuccessfully: true } started)
        {
            await (await started).DisposeAsync();
        }
    }

    protected abstract Task<Nodes> StartAsync();
}

using Concord.Conformance.Engines;
using Microsoft.Extensions.DependencyInjection;

namespace Concord.Conformance.Cases;

/// <summary>Cases against the public API, on whatever engine.</summary>
public abstract class CaseBase(Engine engine) : IAsyncLifetime
{
    /// <summary>The time of a delivery that is to be lost. What is to be settled keeps the queue's own, which is long:
    /// a machine that stands still for a few seconds is to make no case fail.</summary>
    protected static readonly TimeSpan SoonOver = TimeSpan.FromSeconds(4);

    protected Stage Stage { get; private set; } = null!;

    public async ValueTask InitializeAsync() => Stage = await engine.OpenAsync();

    public ValueTask DisposeAsync() => Stage.DisposeAsync();

    protected Task<IConcord> ConnectAsync(string processName = "process", Action<IConcordBuilder>? configure = null) =>
        Stage.ConnectAsync(processName, configure);
}

/// <summary>Cases for engines that can play faults; another engine does not have them.</summary>
public abstract class FaultCaseBase(FaultyEngine engine) : IAsyncLifetime
{
    /// <summary>Of a process that is to lose its session. Long enough for a busy machine not to do it by
    /// itself.</summary>
    protected static readonly TimeSpan ShortSession = TimeSpan.FromSeconds(4);

    protected FaultyStage Stage { get; private set; } = null!;

    public async ValueTask InitializeAsync() => Stage = await engine.OpenFaultyAsync();

    public ValueTask DisposeAsync() => Stage.DisposeAsync();

    protected Task<IConcord> ConnectAsync(
        string processName = "process", TimeSpan? session = null, TimeSpan? call = null) =>
        Stage.ConnectAsync(processName, builder => builder.Services.Configure<ConcordOptions>(options =>
        {
            options.SessionTimeout = session ?? options.SessionTimeout;
            options.OperationTimeout = call ?? options.OperationTimeout;
        }));
}

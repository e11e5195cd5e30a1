using Microsoft.Extensions.Hosting;

namespace Concord.Hosting;

/// <summary>
/// A service that runs for as long as the host does and ends before anything else of it: when the host begins to stop,
/// the tokens of all loops of a Concord are cancelled at once, and the host waits for each, as long as it waits at all.
/// </summary>
internal abstract class ServiceLoop(ConcordRuntime runtime) : IHostedLifecycleService, IAsyncDisposable
{
    private Task _loop = Task.CompletedTask;

    protected ConcordRuntime Runtime { get; } = runtime;

    public Task StartingAsync(CancellationToken cancellationToken) => Task.CompletedTask;

    public Task StartAsync(CancellationToken cancellationToken)
    {
        _loop = RunAsync(Runtime.Stopping);
        return Task.CompletedTask;
    }

    public Task StartedAsync(CancellationToken cancellationToken) => Task.CompletedTask;

    public async Task StoppingAsync(CancellationToken cancellationToken)
    {
        await Runtime.BeginStoppingAsync().ConfigureAwait(false);
        await _loop.WaitAsync(cancellationToken).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
    }

    public Task StopAsync(CancellationToken cancellationToken) => StoppingAsync(cancellationToken);

    public Task StoppedAsync(CancellationToken cancellationToken) => Task.CompletedTask;

    public async ValueTask DisposeAsync()
    {
        await StoppingAsync(new CancellationToken(canceled: true)).ConfigureAwait(false);
        GC.SuppressFinalize(this);
    }

    /// <summary>Runs until the token is cancelled; does not throw.</summary>
    protected abstract Task RunAsync(CancellationToken stopping);

    /// <summary>Waits, or returns at once when the host stops.</summary>
    protected static async Task PauseAsync(TimeSpan delay, TimeProvider time, CancellationToken stopping) =>
        await Task.Delay(delay, time, stopping).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
}

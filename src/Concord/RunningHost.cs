using Concord.Hosting;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Hosting;

namespace Concord;

/// <summary>What <see cref="ConcordHost"/> started, and stops: the services of its container in the order that a
/// generic host has.</summary>
internal sealed class RunningHost(ConcordRuntime runtime, ServiceProvider provider) : IConcordHost
{
    /// <summary>As the generic host's.</summary>
    private static readonly TimeSpan s_shutdownTimeout = TimeSpan.FromSeconds(30);

    private readonly IHostedService[] _services = [.. provider.GetServices<IHostedService>()];
    private int _isDisposed;

    public IConcord Concord => runtime.Concord;

    public Task<string?> Stopped => runtime.Stopped;

    public async Task StartAsync(CancellationToken cancellationToken)
    {
        foreach (IHostedLifecycleService service in _services.OfType<IHostedLifecycleService>())
        {
            await service.StartingAsync(cancellationToken).ConfigureAwait(false);
        }

        foreach (IHostedService service in _services)
        {
            await service.StartAsync(cancellationToken).ConfigureAwait(false);
        }

        foreach (IHostedLifecycleService service in _services.OfType<IHostedLifecycleService>())
        {
            await service.StartedAsync(cancellationToken).ConfigureAwait(false);
        }
    }

    public async ValueTask DisposeAsync()
    {
        if (Interlocked.Exchange(ref _isDisposed, 1) != 0)
        {
            return;
        }

        try
        {
            using var timeout = new CancellationTokenSource(s_shutdownTimeout, runtime.Client.Time);
            await StopAsync(timeout.Token).ConfigureAwait(false);
        }
        finally
        {
            await provider.DisposeAsync().ConfigureAwait(false);
        }
    }

    private async Task StopAsync(CancellationToken cancellationToken)
    {
        IHostedService[] services = [.. _services.Reverse()];
        foreach (IHostedLifecycleService service in services.OfType<IHostedLifecycleService>())
        {
            await service.StoppingAsync(cancellationToken).ConfigureAwait(false);
        }

        foreach (IHostedService service in services)
        {
            await service.StopAsync(cancellationToken).ConfigureAwait(false);
        }

        foreach (IHostedLifecycleService service in services.OfType<IHostedLifecycleService>())
        {
            await service.StoppedAsync(cancellationToken).ConfigureAwait(false);
        }
    }
}

using Concord.Engines;
using Concord.Primitives;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Logging;

namespace Concord;

/// <summary>What <see cref="ConcordHost"/> started, and stops.</summary>
internal sealed class RunningHost : IConcordHost
{
    private readonly IEngine _engine;
    private readonly ServiceProvider _provider;
    private readonly ILogger _logger;
    private readonly TaskCompletionSource<string?> _stopped = new(TaskCreationOptions.RunContinuationsAsynchronously);
    private int _isDisposed;

    public RunningHost(ConcordClient client, EngineStart start, ServiceProvider provider, ILogger logger)
    {
        Concord = client;
        _engine = start.Engine;
        _provider = provider;
        _logger = logger;
        _ = WatchAsync(start.Stopped);
    }

    public IConcord Concord { get; }

    public Task<string?> Stopped => _stopped.Task;

    public async ValueTask DisposeAsync()
    {
        if (Interlocked.Exchange(ref _isDisposed, 1) != 0)
        {
            return;
        }

        try
        {
            await _engine.DisposeAsync().ConfigureAwait(false);
        }
        finally
        {
            _stopped.TrySetResult(null);
            await _provider.DisposeAsync().ConfigureAwait(false);
        }
    }

    /// <summary>An engine that stops itself is seen by whoever waits for <see cref="Stopped"/>, and in the
    /// log.</summary>
    private async Task WatchAsync(Task<string?> engineStopped)
    {
        string? reason;
        try
        {
            reason = await engineStopped.ConfigureAwait(false);
        }
        catch (Exception exception) when (exception is not OutOfMemoryException)
        {
            reason = $"The engine stopped: {exception.Message}";
        }

        if (reason is not null)
        {
            Log.StoppedItself(_logger, reason);
        }

        _stopped.TrySetResult(reason);
    }
}

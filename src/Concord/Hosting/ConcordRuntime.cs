using Concord.Engines;
using Concord.Primitives;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Hosting;
using Microsoft.Extensions.Logging;
using Microsoft.Extensions.Options;

namespace Concord.Hosting;

/// <summary>One Concord of a container: its client, from the beginning, and its engine, from the start of the host or
/// the first call on.</summary>
internal sealed class ConcordRuntime : IAsyncDisposable
{
    private readonly IServiceProvider _provider;
    private readonly string _name;
    private readonly ConcordOptions _options;
    private readonly StartedEngine _engine;
    private readonly CancellationTokenSource _stopping = new();
    private readonly TaskCompletionSource<string?> _stopped = new(TaskCreationOptions.RunContinuationsAsynchronously);

    public ConcordRuntime(IServiceProvider provider, string name)
    {
        _provider = provider;
        _name = name;
        _options = provider.GetRequiredService<IOptionsMonitor<ConcordOptions>>().Get(name);
        Logger = provider.GetRequiredService<ILoggerFactory>().CreateLogger("Concord");
        _engine = new StartedEngine(StartEngineAsync);
        Client = new(
            _engine,
            _options,
            TimeOf(provider, name, _options),
            Logger,
            new ValueSerializers(provider.Parts<SerializerRegistration>(name)));
    }

    public ConcordClient Client { get; }

    public ILogger Logger { get; }

    public IConcord Concord => Client;

    /// <summary>Ends when the engine has stopped: with null when it was asked to, else with the reason.</summary>
    public Task<string?> Stopped => _stopped.Task;

    public async Task StartAsync(CancellationToken cancellationToken)
    {
        await _engine.StartAsync(cancellationToken).ConfigureAwait(false);
        await DeclareQueuesAsync(cancellationToken).ConfigureAwait(false);
    }

    /// <summary>Cancelled when the host begins to stop, and before the engine does: workers and handlers end first, all
    /// at once.</summary>
    public CancellationToken Stopping => _stopping.Token;

    public Task BeginStoppingAsync() => _stopping.CancelAsync();

    /// <summary>Stops the engine. What was acknowledged is kept.</summary>
    public async Task StopAsync()
    {
        try
        {
            await _stopping.CancelAsync().ConfigureAwait(false);
            await _engine.DisposeAsync().ConfigureAwait(false);
        }
        finally
        {
            _stopped.TrySetResult(null);
        }
    }

    public async ValueTask DisposeAsync() => await StopAsync().ConfigureAwait(false);

    /// <summary>Which engine it is to be is only judged at the start: here it may still be several.</summary>
    private static TimeProvider TimeOf(IServiceProvider provider, string name, ConcordOptions options) =>
        provider.Parts<EngineRegistration>(name) is [{ Time: { } time }]
            ? time(new EngineServices(provider, name, options))
            : provider.GetRequiredService<TimeProvider>();

    private async Task<IEngine> StartEngineAsync(CancellationToken cancellationToken)
    {
        EngineRegistration registration = EngineChoice.Of(_provider, _name, Logger);
        EngineStart start = await registration.Start(
            new EngineServices(_provider, _name, _options), cancellationToken).ConfigureAwait(false);
        try
        {
            RequiredGuarantees.Check(start.Engine.Capabilities, _provider.Parts<RequiredGuarantees>(_name));
        }
        catch
        {
            await start.Engine.DisposeAsync().ConfigureAwait(false);
            throw;
        }

        Log.Started(Logger, registration.Name);
        _ = WatchAsync(start.Stopped);
        return start.Engine;
    }

    /// <summary>
    /// A difference from what is stored fails the start. That nobody answers yet does not: the first members of a
    /// cluster must start before there is a majority. Then the queues are declared as soon as there is one, and a
    /// difference stops the host.
    /// </summary>
    private async Task DeclareQueuesAsync(CancellationToken cancellationToken)
    {
        QueueDeclaration[] queues = _provider.Parts<QueueDeclaration>(_name);
        foreach (QueueDeclaration queue in queues)
        {
            try
            {
                await queue.DeclareAsync(Client, cancellationToken).ConfigureAwait(false);
            }
            catch (ConcordException exception) when (exception.IsTransient)
            {
                HostingLog.DeclaringLater(Logger, queue.Name, exception.Message);
                _ = DeclareLaterAsync(queue);
            }
        }
    }

    private async Task DeclareLaterAsync(QueueDeclaration queue)
    {
        for (int attempt = 1; !_stopped.Task.IsCompleted; attempt++)
        {
            try
            {
                await queue.DeclareAsync(Client, CancellationToken.None).ConfigureAwait(false);
                return;
            }
            catch (ConcordException exception) when (exception.IsTransient)
            {
                await Task.Delay(RetryDelay.Of(attempt), Client.Time).ConfigureAwait(false);
            }
            catch (Exception exception) when (!_engine.IsDisposed && exception is not OutOfMemoryException)
            {
                HostingLog.NotDeclared(Logger, queue.Name, exception);
                _provider.GetService<IHostApplicationLifetime>()?.StopApplication();
                return;
            }
            catch (Exception exception) when (exception is not OutOfMemoryException)
            {
                return;
            }
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
            Log.StoppedItself(Logger, reason);
        }

        _stopped.TrySetResult(reason);
    }
}

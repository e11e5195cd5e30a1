using System.Runtime.CompilerServices;
using Concord.Engines;

namespace Concord.Hosting;

/// <summary>
/// An engine that may not have started yet: the first who needs it starts it, and all wait. So a root can be handed out
/// before the host runs, and also works where no host ever does.
/// </summary>
internal sealed class StartedEngine(Func<CancellationToken, Task<IEngine>> start) : IEngine
{
    private readonly Lock _lock = new();
    private readonly CancellationTokenSource _giveUp = new();
    private Task<IEngine>? _start;
    private IEngine? _engine;
    private bool _isDisposed;

    public bool IsDisposed => Volatile.Read(ref _isDisposed);

    public ConcordCapabilities Capabilities => Running.Capabilities;

    public IConcordSession Session => Running.Session;

    private IEngine Running => Volatile.Read(ref _engine) ?? throw new InvalidOperationException(
        "Concord has not started: session and capabilities are known when the host has, or after the first call.");

    public ValueTask<IEngine> StartAsync(CancellationToken cancellationToken)
    {
        if (Volatile.Read(ref _engine) is { } engine)
        {
            return new(engine);
        }

        Task<IEngine> started;
        lock (_lock)
        {
            ObjectDisposedException.ThrowIf(_isDisposed, typeof(IConcord));
            started = _start ??= StartOnceAsync();
        }

        return new(started.WaitAsync(cancellationToken));
    }

    public async ValueTask<EngineAnswer> ExecuteAsync(
        OperationRequest request, CancellationToken cancellationToken)
    {
        IEngine engine = await StartAsync(cancellationToken).ConfigureAwait(false);
        return await engine.ExecuteAsync(request, cancellationToken).ConfigureAwait(false);
    }

    public async ValueTask<EngineRecord> ReadAsync(ReadOnlyMemory<byte> key, CancellationToken cancellationToken)
    {
        IEngine engine = await StartAsync(cancellationToken).ConfigureAwait(false);
        return await engine.ReadAsync(key, cancellationToken).ConfigureAwait(false);
    }

    public async ValueTask<EngineAnswer> QueryAsync(OperationRequest request, CancellationToken cancellationToken)
    {
        IEngine engine = await StartAsync(cancellationToken).ConfigureAwait(false);
        return await engine.QueryAsync(request, cancellationToken).ConfigureAwait(false);
    }

    public async ValueTask<EngineHold?> AcquireAsync(HoldRequest request, CancellationToken cancellationToken)
    {
        IEngine engine = await StartAsync(cancellationToken).ConfigureAwait(false);
        return await engine.AcquireAsync(request, cancellationToken).ConfigureAwait(false);
    }

    public async ValueTask<EngineAnswer> EndAsync(
        EngineHold hold, OperationRequest request, CancellationToken cancellationToken)
    {
        IEngine engine = await StartAsync(cancellationToken).ConfigureAwait(false);
        return await engine.EndAsync(hold, request, cancellationToken).ConfigureAwait(false);
    }

    public async IAsyncEnumerable<EngineRecords> WatchAsync(
        ReadOnlyMemory<byte> prefix, [EnumeratorCancellation] CancellationToken cancellationToken)
    {
        IEngine engine = await StartAsync(cancellationToken).ConfigureAwait(false);
        await foreach (EngineRecords records in
            engine.WatchAsync(prefix, cancellationToken).ConfigureAwait(false))
        {
            yield return records;
        }
    }

    public async ValueTask<(SessionId Session, ulong Sequence)> BeginAsync(CancellationToken cancellationToken)
    {
        IEngine engine = await StartAsync(cancellationToken).ConfigureAwait(false);
        return await engine.BeginAsync(cancellationToken).ConfigureAwait(false);
    }

    public void GiveUp(SessionId session, ulong sequence) => Running.GiveUp(session, sequence);

    public async ValueTask<EngineAnswer> CommitAsync(TransactionRequest request, CancellationToken cancellationToken)
    {
        IEngine engine = await StartAsync(cancellationToken).ConfigureAwait(false);
        return await engine.CommitAsync(request, cancellationToken).ConfigureAwait(false);
    }

    public async ValueTask<EngineAnswer> SettleAsync(RequestKey request, CancellationToken cancellationToken)
    {
        IEngine engine = await StartAsync(cancellationToken).ConfigureAwait(false);
        return await engine.SettleAsync(request, cancellationToken).ConfigureAwait(false);
    }

    /// <summary>Stops it; one that is starting is stopped when it has.</summary>
    public async ValueTask DisposeAsync()
    {
        Task<IEngine>? started;
        lock (_lock)
        {
            if (_isDisposed)
            {
                return;
            }

            _isDisposed = true;
            started = _start;
        }

        await _giveUp.CancelAsync().ConfigureAwait(false);
        if (started is null)
        {
            return;
        }

        await ((Task)started).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
        if (started.IsCompletedSuccessfully)
        {
            IEngine engine = await started.ConfigureAwait(false);
            await engine.DisposeAsync().ConfigureAwait(false);
        }
    }

    private async Task<IEngine> StartOnceAsync()
    {
        // Not on the caller's stack: it holds the lock.
        await Task.Yield();
        IEngine engine = await start(_giveUp.Token).ConfigureAwait(false);
        Volatile.Write(ref _engine, engine);
        return engine;
    }
}

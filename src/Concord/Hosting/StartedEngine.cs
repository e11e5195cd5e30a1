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
            if (_isDisposed)
            {
                throw EngineErrors.Disposed();
            }

            started = _start ??= StartOnceAsync();
        }

        return new(started.WaitAsync(cancellationToken));
    }

    public ValueTask<EngineAnswer> ExecuteAsync(OperationRequest request, CancellationToken cancellationToken) =>
        CallAsync(static (engine, request, token) => engine.ExecuteAsync(request, token), request, cancellationToken);

    public ValueTask<EngineRecord> ReadAsync(ReadOnlyMemory<byte> key, CancellationToken cancellationToken) =>
        CallAsync(static (engine, key, token) => engine.ReadAsync(key, token), key, cancellationToken);

    public ValueTask<EngineAnswer> QueryAsync(OperationRequest request, CancellationToken cancellationToken) =>
        CallAsync(static (engine, request, token) => engine.QueryAsync(request, token), request, cancellationToken);

    public ValueTask<EngineHold?> AcquireAsync(HoldRequest request, CancellationToken cancellationToken) =>
        CallAsync(static (engine, request, token) => engine.AcquireAsync(request, token), request, cancellationToken);

    public async ValueTask AcquireSeveralAsync(
        SeveralRequest request, Action<EngineHold> granted, CancellationToken cancellationToken)
    {
        IEngine engine = await StartAsync(cancellationToken).ConfigureAwait(false);
        await engine.AcquireSeveralAsync(request, granted, cancellationToken).ConfigureAwait(false);
    }

    public ValueTask<EngineAnswer> EndAsync(
        EngineHold hold, OperationRequest request, CancellationToken cancellationToken) => CallAsync(
            static (engine, end, token) => engine.EndAsync(end.hold, end.request, token),
            (hold, request),
            cancellationToken);

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

    public ValueTask<(SessionId Session, ulong Sequence)> BeginAsync(CancellationToken cancellationToken) =>
        CallAsync(static (engine, _, token) => engine.BeginAsync(token), 0, cancellationToken);

    public void GiveUp(SessionId session, ulong sequence) => Running.GiveUp(session, sequence);

    public ValueTask<EngineAnswer> CommitAsync(TransactionRequest request, CancellationToken cancellationToken) =>
        CallAsync(static (engine, request, token) => engine.CommitAsync(request, token), request, cancellationToken);

    public ValueTask<EngineAnswer> SettleAsync(RequestKey request, CancellationToken cancellationToken) =>
        CallAsync(static (engine, request, token) => engine.SettleAsync(request, token), request, cancellationToken);

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

    /// <summary>Once it runs, a call costs nothing here.</summary>
    private ValueTask<TAnswer> CallAsync<TRequest, TAnswer>(
        Func<IEngine, TRequest, CancellationToken, ValueTask<TAnswer>> call,
        TRequest request,
        CancellationToken cancellationToken) =>
        Volatile.Read(ref _engine) is { } engine
            ? call(engine, request, cancellationToken)
            : StartAndCallAsync(call, request, cancellationToken);

    private async ValueTask<TAnswer> StartAndCallAsync<TRequest, TAnswer>(
        Func<IEngine, TRequest, CancellationToken, ValueTask<TAnswer>> call,
        TRequest request,
        CancellationToken cancellationToken)
    {
        IEngine engine = await StartAsync(cancellationToken).ConfigureAwait(false);
        return await call(engine, request, cancellationToken).ConfigureAwait(false);
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

using Concord.Engines;
using Concord.Operations.Holds;

namespace Concord.Primitives;

/// <summary>A semaphore, as a name and the operations on it.</summary>
internal sealed class ConcordSemaphore : IConcordSemaphore
{
    private readonly HoldSource _source;
    private readonly int _initialLimit;

    public ConcordSemaphore(ConcordClient client, string name, int initialLimit)
    {
        ArgumentOutOfRangeException.ThrowIfLessThan(initialLimit, 1);
        _source = new(client, RecordKind.Semaphore, name);
        _initialLimit = initialLimit;
    }

    public string Name => _source.Name;

    public ValueTask<IPermit> AcquireAsync(CancellationToken cancellationToken = default) =>
        AcquireAsync(1, cancellationToken);

    public async ValueTask<IPermit> AcquireAsync(int permits, CancellationToken cancellationToken = default) =>
        await AskAsync(permits, timeout: null, cancellationToken).ConfigureAwait(false)
        ?? throw new InvalidOperationException("A request that waits was told that it is busy.");

    public ValueTask<IPermit?> TryAcquireAsync(
        int permits = 1, TimeSpan? timeout = null, CancellationToken cancellationToken = default) =>
        AskAsync(permits, WaitTime.Of(timeout ?? TimeSpan.Zero, nameof(timeout)), cancellationToken);

    public async ValueTask<int> GetLimitAsync(CancellationToken cancellationToken = default)
    {
        HoldsDescription holds = await _source.DescribeAsync(cancellationToken).ConfigureAwait(false);
        return holds.Exists ? holds.Limit : _initialLimit;
    }

    public async ValueTask SetLimitAsync(int limit, CancellationToken cancellationToken = default)
    {
        ArgumentOutOfRangeException.ThrowIfLessThan(limit, 1);
        EngineAnswer answer = await _source.Client.ExecuteAsync(
            "semaphore.set_limit",
            Name,
            new(_source.Slot, OperationCode.SetLimit, SetLimit.Arguments(_source.Root, limit), null),
            cancellationToken).ConfigureAwait(false);
        SetLimit.Read(answer);
    }

    private async ValueTask<IPermit?> AskAsync(int permits, TimeSpan? timeout, CancellationToken cancellationToken)
    {
        ArgumentOutOfRangeException.ThrowIfLessThan(permits, 1);
        try
        {
            EngineHold? hold = await _source.AcquireAsync(
                HoldMode.Shared, permits, _initialLimit, timeout, cancellationToken).ConfigureAwait(false);
            return hold is null ? null : new Permit(_source, hold, permits);
        }
        catch (TooManyPermitsException exception)
        {
            throw new ArgumentOutOfRangeException(
                nameof(permits), permits, $"Semaphore '{Name}' has {exception.Limit} permits. Nothing happened.");
        }
    }

    private sealed class Permit(HoldSource source, EngineHold held, int count)
        : Hold(source, held, isExclusive: false), IPermit
    {
        public int Count { get; } = count;
    }
}

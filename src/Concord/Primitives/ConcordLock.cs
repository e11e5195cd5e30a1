using Concord.Engines;
using Concord.Operations.Holds;

namespace Concord.Primitives;

/// <summary>A lock, as a name and the operations on it.</summary>
internal sealed class ConcordLock(ConcordClient client, string name) : IConcordLock
{
    private readonly HoldSource _source = new(client, RecordKind.Lock, name);

    public string Name => _source.Name;

    public ValueTask<ILockHandle> AcquireAsync(CancellationToken cancellationToken = default) =>
        AcquireAsync(default, cancellationToken);

    public async ValueTask<ILockHandle> AcquireAsync(
        LockAcquireOptions options, CancellationToken cancellationToken = default)
    {
        TimeSpan? timeout = WaitTime.Of(options.Timeout ?? Timeout.InfiniteTimeSpan, nameof(options));
        return await AskAsync(options.Mode, timeout, cancellationToken).ConfigureAwait(false)
            ?? throw new TimeoutException($"Lock '{Name}' was not granted within {timeout}.");
    }

    public ValueTask<ILockHandle?> TryAcquireAsync(CancellationToken cancellationToken = default) =>
        TryAcquireAsync(default, cancellationToken);

    public ValueTask<ILockHandle?> TryAcquireAsync(
        LockAcquireOptions options, CancellationToken cancellationToken = default) =>
        AskAsync(
            options.Mode, WaitTime.Of(options.Timeout ?? TimeSpan.Zero, nameof(options)), cancellationToken);

    public async Task RunAsync(
        Func<ILockHandle, CancellationToken, Task> body,
        LockAcquireOptions options = default,
        CancellationToken cancellationToken = default)
    {
        ArgumentNullException.ThrowIfNull(body);
        ILockHandle handle = await AcquireAsync(options, cancellationToken).ConfigureAwait(false);
        await using (handle.ConfigureAwait(false))
        {
            using HoldScope both = Hold.Open(handle, cancellationToken);
            try
            {
                await body(handle, both.Token).ConfigureAwait(false);
            }
            catch (OperationCanceledException exception) when (handle.Lost.IsCancellationRequested)
            {
                throw EngineErrors.HoldLost(
                    $"{handle.Fence.HoldName} with token {handle.FencingToken.Value} was lost, and the body was "
                    + "cancelled because of it.",
                    exception);
            }
            catch (OperationCanceledException exception)
                when (exception.CancellationToken == both.Token && cancellationToken.IsCancellationRequested)
            {
                throw new OperationCanceledException(exception.Message, exception, cancellationToken);
            }
        }
    }

    public async ValueTask<LockDescription> DescribeAsync(CancellationToken cancellationToken = default)
    {
        HoldsDescription holds = await _source.DescribeAsync(cancellationToken).ConfigureAwait(false);
        return new(Name, [.. holds.Holders.Select(HolderOf)], holds.WaitingCount);
    }

    private static LockHolder HolderOf(HoldDescription hold) => new(
        hold.Session.ToString(),
        hold.Process,
        hold.Mode == HoldMode.Exclusive ? LockMode.Exclusive : LockMode.Shared,
        new(hold.Token),
        DateTimeOffset.FromUnixTimeMilliseconds(hold.Since.Milliseconds));

    private async ValueTask<ILockHandle?> AskAsync(
        LockMode mode, TimeSpan? timeout, CancellationToken cancellationToken)
    {
        HoldMode asked = mode switch
        {
            LockMode.Exclusive => HoldMode.Exclusive,
            LockMode.Shared => HoldMode.Shared,
            _ => throw new ArgumentOutOfRangeException(nameof(mode), mode, "There is no such mode."),
        };
        EngineHold? hold = await _source.AcquireAsync(
            asked, count: 1, initialLimit: 0, timeout, cancellationToken).ConfigureAwait(false);
        return hold is null ? null : new LockHandle(_source, hold, mode);
    }

    private sealed class LockHandle(HoldSource source, EngineHold held, LockMode mode)
        : Hold(source, held, isExclusive: mode == LockMode.Exclusive), ILockHandle
    {
        public LockMode Mode { get; } = mode;
    }
}

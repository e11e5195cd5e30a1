using System.Runtime.CompilerServices;

namespace Concord;

/// <summary>A 64-bit number. It exists from the first change on and is 0 before. Every change is
/// linearizable.</summary>
public interface IConcordCounter
{
    /// <summary>The name it was got by.</summary>
    string Name { get; }

    /// <summary>The value now; never one that an unfinished transaction may still take back.</summary>
    /// <param name="cancellationToken">Stops waiting.</param>
    /// <exception cref="EngineUnavailableException">No leader, no quorum, no connection within the operation
    /// timeout.</exception>
    ValueTask<long> GetAsync(CancellationToken cancellationToken = default);

    /// <summary>Adds <paramref name="delta"/>, which may be negative.</summary>
    /// <param name="delta">What to add.</param>
    /// <param name="cancellationToken">Stops waiting; the addition may still happen.</param>
    /// <returns>The value after the addition.</returns>
    /// <exception cref="OverflowException">The value would leave 64 bits; nothing changed.</exception>
    /// <exception cref="OutcomeUnknownException">Sent, not answered in time; ask with its request id.</exception>
    /// <exception cref="EngineUnavailableException">Not sent; nothing happened.</exception>
    /// <exception cref="EngineOverloadedException">Refused; nothing happened.</exception>
    ValueTask<long> AddAsync(long delta, CancellationToken cancellationToken = default);

    /// <inheritdoc cref="AddAsync(long, CancellationToken)"/>
    /// <param name="delta">What to add.</param>
    /// <param name="options">Fence and idempotency key.</param>
    /// <param name="cancellationToken">Stops waiting; the addition may still happen.</param>
    /// <exception cref="FenceRejectedException">The fence is of a hold that is not held; nothing happened.</exception>
    [OverloadResolutionPriority(1)]
    ValueTask<long> AddAsync(long delta, WriteOptions options, CancellationToken cancellationToken = default);

    /// <summary>Adds unless the value would leave the bounds; then nothing changes and the result says so.</summary>
    /// <inheritdoc cref="AddAsync(long, WriteOptions, CancellationToken)" path="/exception"/>
    ValueTask<CounterResult> TryAddAsync(
        long delta, CounterBounds bounds, WriteOptions options = default,
        CancellationToken cancellationToken = default);

    /// <summary>As <see cref="Interlocked.CompareExchange(ref long, long, long)"/>: sets the counter to
    /// <paramref name="value"/> if it is <paramref name="comparand"/>.</summary>
    /// <returns>The original value.</returns>
    /// <inheritdoc cref="AddAsync(long, WriteOptions, CancellationToken)" path="/exception"/>
    ValueTask<long> CompareExchangeAsync(
        long value, long comparand, WriteOptions options = default, CancellationToken cancellationToken = default);
}

/// <summary>The bounds of one addition. Null is no bound: <c>default</c> allows everything.</summary>
/// <param name="Min">The least value allowed after the addition.</param>
/// <param name="Max">The greatest value allowed after the addition.</param>
public readonly record struct CounterBounds(long? Min = null, long? Max = null);

/// <summary>The result of a bounded addition.</summary>
/// <param name="Succeeded">Whether it was added.</param>
/// <param name="Value">The value after the addition, or the unchanged one.</param>
public readonly record struct CounterResult(bool Succeeded, long Value);

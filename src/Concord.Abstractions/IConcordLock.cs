using System.Runtime.CompilerServices;

namespace Concord;

/// <summary>
/// A lock, exclusive or shared. First come, first served: a shared request does not pass an exclusive one that waits,
/// so writers are not starved. Not re-entrant: who asks twice waits for himself.
/// </summary>
public interface IConcordLock
{
    /// <summary>The name it was got by.</summary>
    string Name { get; }

    /// <summary>Waits in line until the lock is granted, exclusively.</summary>
    /// <param name="cancellationToken">Gives up the place in line. A grant that crosses the cancellation is given back;
    /// nobody waits behind a ghost.</param>
    /// <exception cref="SessionExpiredException">The session was lost while it stood in line; call again.</exception>
    /// <exception cref="OutcomeUnknownException">Sent, not answered in time. What it may have got is given back in the
    /// background.</exception>
    /// <exception cref="EngineUnavailableException">Not sent; nothing happened.</exception>
    /// <exception cref="EngineOverloadedException">Refused; nothing happened.</exception>
    ValueTask<ILockHandle> AcquireAsync(CancellationToken cancellationToken = default);

    /// <summary>Waits in line until the lock is granted, at most as long as <see cref="LockAcquireOptions.Timeout"/>
    /// says.</summary>
    /// <param name="options">Mode and timeout.</param>
    /// <param name="cancellationToken">Gives up the place in line.</param>
    /// <exception cref="TimeoutException">Not granted within <see cref="LockAcquireOptions.Timeout"/>. The place in
    /// line is given up.</exception>
    /// <inheritdoc cref="AcquireAsync(CancellationToken)" path="/exception"/>
    [OverloadResolutionPriority(1)]
    ValueTask<ILockHandle> AcquireAsync(LockAcquireOptions options, CancellationToken cancellationToken = default);

    /// <summary>Takes the lock exclusively if it is free and nobody waits for it.</summary>
    /// <param name="cancellationToken">Stops waiting for the answer; what it may have got is given back.</param>
    /// <returns>Null when it is busy. When the answer is not known, the method throws.</returns>
    /// <inheritdoc cref="AcquireAsync(CancellationToken)" path="/exception"/>
    ValueTask<ILockHandle?> TryAcquireAsync(CancellationToken cancellationToken = default);

    /// <summary>Waits in line at most as long as <see cref="LockAcquireOptions.Timeout"/> says; without one, not at
    /// all.</summary>
    /// <param name="options">Mode and timeout.</param>
    /// <param name="cancellationToken">Gives up the place in line.</param>
    /// <returns>Null when it was not granted in time. When nobody could be asked, or nobody answered within a timeout
    /// of 1.5 seconds or more, the method throws.</returns>
    /// <inheritdoc cref="AcquireAsync(CancellationToken)" path="/exception"/>
    [OverloadResolutionPriority(1)]
    ValueTask<ILockHandle?> TryAcquireAsync(LockAcquireOptions options, CancellationToken cancellationToken = default);

    /// <summary>Acquires, runs <paramref name="body"/>, gives back: the recommended form. The token of the body is
    /// cancelled by the caller and when the lock is lost.</summary>
    /// <param name="body">What to do under the lock. Its own exception comes out unchanged.</param>
    /// <param name="options">Mode, and how long to wait.</param>
    /// <param name="cancellationToken">Gives up waiting, or asks the body to end.</param>
    /// <exception cref="HoldLostException">The lock was lost and the body ended by a cancellation because of it; never
    /// disguised as the caller's own.</exception>
    /// <exception cref="TimeoutException">Not granted within <see cref="LockAcquireOptions.Timeout"/>; the body did not
    /// run.</exception>
    /// <inheritdoc cref="AcquireAsync(CancellationToken)" path="/exception"/>
    Task RunAsync(
        Func<ILockHandle, CancellationToken, Task> body,
        LockAcquireOptions options = default,
        CancellationToken cancellationToken = default);

    /// <summary>Who holds it and how many wait, as of some moment during the call.</summary>
    /// <param name="cancellationToken">Stops waiting.</param>
    /// <exception cref="EngineUnavailableException">No leader, no quorum, no connection within the operation
    /// timeout.</exception>
    ValueTask<LockDescription> DescribeAsync(CancellationToken cancellationToken = default);
}

/// <summary>A lock that is held.</summary>
public interface ILockHandle : IHold
{
    /// <summary>How it is held.</summary>
    LockMode Mode { get; }
}

/// <summary>How a lock is held.</summary>
public enum LockMode
{
    /// <summary>By one.</summary>
    Exclusive = 0,

    /// <summary>By any number that all hold it shared.</summary>
    Shared = 1,
}

/// <summary>How a lock is asked for.</summary>
public readonly record struct LockAcquireOptions
{
    /// <summary>Exclusive by default.</summary>
    public LockMode Mode { get; init; }

    /// <summary>How long to stand in line. Null: Acquire waits until it is cancelled, TryAcquire does not
    /// wait.</summary>
    public TimeSpan? Timeout { get; init; }
}

/// <summary>A lock at one moment.</summary>
/// <param name="Name">Its name.</param>
/// <param name="Holders">Who holds it: nobody, one, or several that share it.</param>
/// <param name="Waiting">How many stand in line.</param>
public sealed record LockDescription(string Name, IReadOnlyList<LockHolder> Holders, int Waiting);

/// <summary>A holder of a lock.</summary>
/// <param name="SessionId">His session.</param>
/// <param name="ProcessName">His <c>ConcordOptions.ProcessName</c>, for people.</param>
/// <param name="Mode">How he holds it.</param>
/// <param name="Token">His fencing token.</param>
/// <param name="Since">When it was granted, by the clock of the engine; for people.</param>
public sealed record LockHolder(
    string SessionId, string ProcessName, LockMode Mode, FencingToken Token, DateTimeOffset Since);

namespace Concord;

/// <summary>
/// A number of permits that are shared by all. First come, first served: a small request does not pass a large one that
/// waits. A permit belongs to the session of its process, so a process that dies gives its permits back.
/// </summary>
public interface IConcordSemaphore
{
    /// <summary>The name it was got by.</summary>
    string Name { get; }

    /// <summary>Waits in line for one permit.</summary>
    /// <param name="cancellationToken">Gives up the place in line. A grant that crosses the cancellation is given
    /// back.</param>
    /// <exception cref="SessionExpiredException">The session was lost while it stood in line; call again.</exception>
    /// <exception cref="OutcomeUnknownException">Sent, not answered in time. What it may have got is given back in the
    /// background.</exception>
    /// <exception cref="EngineUnavailableException">Not sent; nothing happened.</exception>
    /// <exception cref="EngineOverloadedException">Refused; nothing happened.</exception>
    ValueTask<IPermit> AcquireAsync(CancellationToken cancellationToken = default);

    /// <summary>Waits in line for several permits, all of them at once.</summary>
    /// <param name="permits">How many; at least one.</param>
    /// <param name="cancellationToken">Gives up the place in line.</param>
    /// <exception cref="ArgumentOutOfRangeException">Less than one, or more than the semaphore has.</exception>
    /// <inheritdoc cref="AcquireAsync(CancellationToken)" path="/exception"/>
    ValueTask<IPermit> AcquireAsync(int permits, CancellationToken cancellationToken = default);

    /// <summary>Waits in line at most as long as <paramref name="timeout"/> says.</summary>
    /// <param name="permits">How many; at least one.</param>
    /// <param name="timeout">How long to wait; null for not at all.</param>
    /// <param name="cancellationToken">Gives up the place in line.</param>
    /// <returns>Null when they were not granted in time. When nobody could be asked, or nobody answered within a
    /// timeout of 1.5 seconds or more, the method throws.</returns>
    /// <exception cref="ArgumentOutOfRangeException">Less than one, or more than the semaphore has.</exception>
    /// <inheritdoc cref="AcquireAsync(CancellationToken)" path="/exception"/>
    ValueTask<IPermit?> TryAcquireAsync(
        int permits = 1, TimeSpan? timeout = null, CancellationToken cancellationToken = default);

    /// <summary>How many permits it has, held or not: the initial limit as long as nobody has used it.</summary>
    /// <param name="cancellationToken">Stops waiting.</param>
    /// <exception cref="EngineUnavailableException">No leader, no quorum, no connection within the operation
    /// timeout.</exception>
    ValueTask<int> GetLimitAsync(CancellationToken cancellationToken = default);

    /// <summary>Changes how many permits it has, for everybody. Permits that are held stay held, also when they are
    /// more than the new limit.</summary>
    /// <param name="limit">At least one.</param>
    /// <param name="cancellationToken">Stops waiting; the change may still happen.</param>
    /// <exception cref="OutcomeUnknownException">Sent, not answered in time; ask with its request id.</exception>
    /// <exception cref="EngineUnavailableException">Not sent; nothing happened.</exception>
    ValueTask SetLimitAsync(int limit, CancellationToken cancellationToken = default);
}

/// <summary>Permits that are held, and given back together.</summary>
public interface IPermit : IHold
{
    /// <summary>How many.</summary>
    int Count { get; }
}

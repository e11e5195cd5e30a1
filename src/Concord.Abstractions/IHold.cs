namespace Concord;

/// <summary>
/// Everything that can be held: a lock, a permit, a leadership, a delivery, a membership, a partition. It belongs to
/// the session of the process that asked for it, never to a thread, and ends with the session at the latest.
/// </summary>
/// <remarks>
/// Holding is a matter of time, and a process can be paused at any instruction. So a hold protects in two ways: it says
/// when it may have passed to another (<see cref="Lost"/>), and it carries a <see cref="Fence"/> that makes the writes
/// of a stale holder fail. Only the second is a guarantee.
/// </remarks>
public interface IHold : IAsyncDisposable
{
    /// <summary>The name of what is held.</summary>
    string Name { get; }

    /// <summary>Greater than that of every earlier grant of this name.</summary>
    FencingToken FencingToken { get; }

    /// <summary>For <see cref="WriteOptions.Fence"/> and <see cref="IConcordTransaction.Require"/>.</summary>
    Fence Fence { get; }

    /// <summary>
    /// Cancelled when the hold may have passed to another: by the local clock before the engine may give it away, or by
    /// the word of the engine. Not cancelled by giving it back. Callbacks run on the thread pool.
    /// </summary>
    CancellationToken Lost { get; }

    /// <summary>Throws when the hold is lost or given back, as far as this process can tell without asking. Looks at
    /// the clock itself, so it is right even when callbacks of <see cref="Lost"/> are late.</summary>
    /// <exception cref="HoldLostException">It is lost or given back.</exception>
    void ThrowIfLost();

    /// <summary>Asks the engine. True means that it was held at some moment during the call, and nothing about
    /// afterwards.</summary>
    /// <param name="cancellationToken">Stops waiting.</param>
    /// <exception cref="EngineUnavailableException">No leader, no quorum, no connection within the operation
    /// timeout.</exception>
    ValueTask<bool> VerifyAsync(CancellationToken cancellationToken = default);

    /// <summary>Gives it back and says how it went. A second time does nothing.</summary>
    /// <param name="cancellationToken">Stops waiting; it may still be given back.</param>
    /// <exception cref="HoldLostException">It had been lost before.</exception>
    /// <exception cref="OutcomeUnknownException">Sent, not answered in time. It ends with the session at the
    /// latest.</exception>
    /// <exception cref="EngineUnavailableException">Not sent. It ends with the session at the latest.</exception>
    ValueTask ReleaseAsync(CancellationToken cancellationToken = default);
}

namespace Concord;

/// <summary>A value under a name, with a revision that grows with every change. Every change is linearizable.</summary>
public interface IConcordValue<T>
    where T : notnull
{
    /// <summary>The name it was got by.</summary>
    string Name { get; }

    /// <summary>The value now; never one that an unfinished transaction may still change.</summary>
    /// <param name="cancellationToken">Stops waiting.</param>
    /// <exception cref="EngineUnavailableException">No leader, no quorum, no connection within the operation
    /// timeout.</exception>
    ValueTask<Versioned<T>> GetAsync(CancellationToken cancellationToken = default);

    /// <summary>Sets the value, whatever it was.</summary>
    /// <param name="value">At most 1 MiB when serialized.</param>
    /// <param name="options">The extras.</param>
    /// <param name="cancellationToken">Stops waiting; the write may still happen.</param>
    /// <returns>The new revision.</returns>
    /// <exception cref="FenceRejectedException">The fence is of a hold that is not held; nothing happened.</exception>
    /// <exception cref="OutcomeUnknownException">Sent, not answered in time; ask with its request id.</exception>
    /// <exception cref="EngineUnavailableException">Not sent; nothing happened.</exception>
    /// <exception cref="EngineOverloadedException">Refused; nothing happened.</exception>
    ValueTask<Revision> SetAsync(T value, WriteOptions options = default,
        CancellationToken cancellationToken = default);

    /// <summary>Sets the value if its revision is still <paramref name="expected"/>; <see cref="Revision.None"/> means
    /// that it must not exist.</summary>
    /// <returns>The new revision, or null when <paramref name="expected"/> is no longer the current one.</returns>
    /// <inheritdoc cref="SetAsync" path="/exception"/>
    ValueTask<Revision?> TrySetAsync(
        T value, Revision expected, WriteOptions options = default, CancellationToken cancellationToken = default);

    /// <summary>Reads, applies, writes if unchanged, again on a conflict.</summary>
    /// <param name="update">Makes the new value of the old; may run several times.</param>
    /// <param name="cancellationToken">Stops waiting; the last write may still happen.</param>
    /// <returns>What was written.</returns>
    /// <inheritdoc cref="SetAsync" path="/exception"/>
    ValueTask<Versioned<T>> UpdateAsync(Func<Versioned<T>, T> update, CancellationToken cancellationToken = default);

    /// <summary>Deletes the value.</summary>
    /// <returns>Whether it existed.</returns>
    /// <inheritdoc cref="SetAsync" path="/exception"/>
    ValueTask<bool> DeleteAsync(WriteOptions options = default, CancellationToken cancellationToken = default);

    /// <summary>The value now, and again after each change, a deletion included. A reader that is slow may miss values
    /// in between, never the last one, and never sees an older one after a newer. Never one that an unfinished
    /// transaction may still change.</summary>
    /// <param name="cancellationToken">Ends the watch.</param>
    IAsyncEnumerable<Versioned<T>> WatchAsync(CancellationToken cancellationToken = default);
}

/// <summary>The extras of a write, in one place, so that new ones break nobody.</summary>
public readonly record struct WriteOptions
{
    /// <summary>
    /// Refuse the write unless this is held: the <see cref="IHold.Fence"/> of a lock, a leadership, a permit, a
    /// delivery. Checked in the same step as the write when both names have the same <c>{tag}</c>; otherwise the write
    /// becomes a transaction, with the same promise at the cost of one. Then neither an idempotency key nor a message
    /// id goes with it (an <see cref="ArgumentException"/> says so): give both names one tag, or run a transaction.
    /// </summary>
    public Fence? Fence { get; init; }

    /// <summary>The same key on the same name gets the first answer again, also from another process, for a day.
    /// At most 256 bytes of UTF-8.</summary>
    public string? IdempotencyKey { get; init; }
}

/// <summary>Counts the changes of a value; grows, never repeats, and says nothing across names.</summary>
/// <param name="Value">The number.</param>
public readonly record struct Revision(long Value)
{
    /// <summary>"It does not exist."</summary>
    public static Revision None => default;
}

/// <summary>A value with its revision.</summary>
/// <param name="Value">The value; default when it does not exist.</param>
/// <param name="Revision">Its revision; <see cref="Revision.None"/> when it does not exist.</param>
public readonly record struct Versioned<T>(T? Value, Revision Revision)
    where T : notnull
{
    /// <summary>Whether there is a value.</summary>
    public bool Exists => Revision != Revision.None;
}

namespace Concord.Commit;

/// <summary>The times of a coordinator, all of which cost time and never atomicity, and what it may presume.</summary>
public sealed record CommitOptions
{
    /// <summary>How long a participant may be silent before it is sent the same again; positive. 100 ms.</summary>
    public TimeSpan RetryInterval { get; init; } = TimeSpan.FromMilliseconds(100);

    /// <summary>
    /// How long the participants have to vote, counted from the start; positive. 3 s: long enough for a participant to
    /// elect a new leader.
    /// </summary>
    public TimeSpan PrepareTimeout { get; init; } = TimeSpan.FromSeconds(3);

    /// <summary>
    /// Whether conflicts and timeouts abort without a word in the anchor's log. Off unless the host sees to it that
    /// <em>no transaction is ever run twice</em> under one gid, not even by the next leader of the anchor after a
    /// client sent its request again: the abort that one run presumes would undo what another run has prepared and
    /// commits. A host that turns it on answers a repeated request from the register, where it writes Abort if there
    /// is nothing.
    /// </summary>
    public bool PresumeAbort { get; init; }

    internal void Validate()
    {
        ArgumentOutOfRangeException.ThrowIfLessThanOrEqual(RetryInterval, TimeSpan.Zero, nameof(RetryInterval));
        ArgumentOutOfRangeException.ThrowIfLessThanOrEqual(PrepareTimeout, TimeSpan.Zero, nameof(PrepareTimeout));
    }
}

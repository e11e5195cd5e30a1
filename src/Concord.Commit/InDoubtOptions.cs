namespace Concord.Commit;

/// <summary>
/// When a participant asks the anchor about what it prepared. These times cost time and never atomicity.
/// </summary>
public sealed record InDoubtOptions
{
    /// <summary>How long something may be prepared before the anchor is asked; positive. 1 s.</summary>
    public TimeSpan RecoveryDelay { get; init; } = TimeSpan.FromSeconds(1);

    /// <summary>The same when somebody waits for it; positive, at most <see cref="RecoveryDelay"/>. 200 ms.</summary>
    public TimeSpan BlockingDelay { get; init; } = TimeSpan.FromMilliseconds(200);

    /// <summary>The delay doubles with each unanswered question up to this; at least RecoveryDelay. 8 s.</summary>
    public TimeSpan DelayMax { get; init; } = TimeSpan.FromSeconds(8);

    /// <summary>The most questions of one tick; positive. What is left is asked at the next. 256.</summary>
    public int AsksPerTickMax { get; init; } = 256;

    internal void Validate()
    {
        ArgumentOutOfRangeException.ThrowIfLessThanOrEqual(BlockingDelay, TimeSpan.Zero, nameof(BlockingDelay));
        ArgumentOutOfRangeException.ThrowIfLessThan(RecoveryDelay, BlockingDelay, nameof(RecoveryDelay));
        ArgumentOutOfRangeException.ThrowIfLessThan(DelayMax, RecoveryDelay, nameof(DelayMax));
        ArgumentOutOfRangeException.ThrowIfNegativeOrZero(AsksPerTickMax);
    }
}

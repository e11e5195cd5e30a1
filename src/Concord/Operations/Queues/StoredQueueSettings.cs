using Concord.Encoding;
using Concord.Engines;

namespace Concord.Operations.Queues;

/// <summary>The settings of a queue as they are stored with it.</summary>
/// <param name="Visibility">How long a delivery is invisible to others, in milliseconds.</param>
/// <param name="MaxFailures">After how many failures a message is dead-lettered.</param>
/// <param name="MaxLength">How many messages it takes, those in flight included; zero for no bound.</param>
/// <param name="MaxBytes">How many bytes of content; zero for no bound.</param>
/// <param name="DeadLetterRoot">The root of the queue that takes what fails; empty for
/// <see cref="DeadLetterQueue.DefaultOf"/>.</param>
internal readonly record struct StoredQueueSettings(
    long Visibility, int MaxFailures, long MaxLength, long MaxBytes, ReadOnlyMemory<byte> DeadLetterRoot)
{
    /// <summary>Of a queue that nobody configured.</summary>
    public static StoredQueueSettings Default => new(30_000, 10, 0, 0, default);

    /// <summary>The longest visibility.</summary>
    public static readonly TimeSpan VisibilityMax = TimeSpan.FromDays(7);

    public void Write(ByteWriter target)
    {
        target.WriteInt64(Visibility);
        target.WriteInt32(MaxFailures);
        target.WriteInt64(MaxLength);
        target.WriteInt64(MaxBytes);
        target.WriteBytes(DeadLetterRoot.Span);
    }

    public static StoredQueueSettings Read(ref ByteReader reader) => new(
        reader.ReadInt64(), reader.ReadInt32(), reader.ReadInt64(), reader.ReadInt64(), reader.ReadBytes().ToArray());

    public bool IsSame(in StoredQueueSettings other) =>
        (Visibility, MaxFailures, MaxLength, MaxBytes)
            == (other.Visibility, other.MaxFailures, other.MaxLength, other.MaxBytes)
        && DeadLetterRoot.Span.SequenceEqual(other.DeadLetterRoot.Span);

    /// <summary>Whether a queue can have these settings; if not, why.</summary>
    public string? ObjectionOf(ReadOnlySpan<byte> root)
    {
        if (!IsVisibility(Visibility))
        {
            return $"A visibility timeout of {Visibility} ms; it must be 1 ms to {VisibilityMax.TotalDays} days.";
        }

        if (MaxFailures < 1 || MaxLength < 0 || MaxBytes < 0)
        {
            return "MaxFailures must be at least 1, and a bound of length or bytes must not be negative.";
        }

        ReadOnlySpan<byte> dead = DeadLetterRoot.Span;
        if (dead.IsEmpty)
        {
            return null;
        }

        if (dead.Length is <= 3 or > IntentTable.TargetKeyBytesMax || RecordKey.KindOf(dead) != RecordKind.Queue)
        {
            return "The dead-letter queue is no queue.";
        }

        if (RecordKey.SlotOf(dead) != RecordKey.SlotOf(root))
        {
            return $"The dead-letter queue '{RecordKey.NameOf(dead).Name}' lies in another slot than "
                + $"'{RecordKey.NameOf(root).Name}', so that a message could not move there in one step: "
                + "give both names the same {tag}.";
        }

        return dead.SequenceEqual(root) ? "A queue cannot be its own dead-letter queue." : null;
    }

    public static bool IsVisibility(long milliseconds) =>
        milliseconds > 0 && milliseconds <= (long)VisibilityMax.TotalMilliseconds;
}

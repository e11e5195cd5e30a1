namespace Concord;

/// <summary>What all who use a queue share: stored with it, so declared once (<c>AddQueue</c>), never per
/// call.</summary>
public sealed class QueueSettings
{
    /// <summary>How long a delivery is held before the message is delivered again, unless it is extended. 1 second to 7
    /// days; 30 seconds by default.</summary>
    public TimeSpan VisibilityTimeout { get; set; } = TimeSpan.FromSeconds(30);

    /// <summary>After how many failures a message is dead-lettered. 1 to 1,000,000; 10 by default.</summary>
    public int MaxFailures { get; set; } = 10;

    /// <summary>Where dead letters go, with all that is known of them. Null, the default, is a queue beside this one:
    /// <c>{orders}.dead</c> of <c>orders</c>, <c>{shop}.orders.dead</c> of <c>{shop}.orders</c>. Another one must lie
    /// in the same slot: give both the same <c>{tag}</c>.</summary>
    public string? DeadLetterQueue { get; set; }

    /// <summary>How many messages it takes before it refuses; null for no bound.</summary>
    public long? MaxLength { get; set; }

    /// <summary>How many bytes of messages it takes before it refuses; null for no bound.</summary>
    public long? MaxBytes { get; set; }
}

/// <summary>How a handler is run.</summary>
public sealed class QueueHandlerOptions
{
    /// <summary>How many messages this process handles at once. 1 to 1,000; 1 by default.</summary>
    public int MaxConcurrency { get; set; } = 1;

    /// <summary>Whether a delivery is extended for as long as its handler runs; true by default.</summary>
    public bool ExtendAutomatically { get; set; } = true;

    /// <summary>How long a failed message waits before it is delivered again: doubled with each failure, up to
    /// <see cref="MaxRetryDelay"/>. 1 second by default; zero for at once.</summary>
    public TimeSpan RetryDelay { get; set; } = TimeSpan.FromSeconds(1);

    /// <summary>The longest of these waits: not less than the first, at most 365 days; 5 minutes by
    /// default.</summary>
    public TimeSpan MaxRetryDelay { get; set; } = TimeSpan.FromMinutes(5);
}

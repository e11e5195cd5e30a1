using Concord.Operations.Queues;

namespace Concord.Primitives;

/// <summary>What a queue takes, said before anything is sent.</summary>
internal static class ConcordQueueLimits
{
    public const int PrefetchMax = 1_000;

    public static TimeSpan DelayMax { get; } = TimeSpan.FromDays(365);

    public static void Check(EnqueueOptions options)
    {
        CheckText(options.MessageId, QueueKey.IdBytesMax, "A message id");
        CheckText(options.Group, QueueKey.GroupBytesMax, "A group");
        if (options.Delay is { } delay && (delay < TimeSpan.Zero || delay > DelayMax))
        {
            throw new ArgumentOutOfRangeException(
                nameof(options), delay, $"A delay must not be negative, and at most {DelayMax.TotalDays} days.");
        }
    }

    private static void CheckText(string? text, int bytesMax, string what)
    {
        if (text is not null && (text.Length == 0 || System.Text.Encoding.UTF8.GetByteCount(text) > bytesMax))
        {
            throw new ArgumentException($"{what} must be 1 to {bytesMax} bytes of UTF-8.", nameof(text));
        }
    }
}

using Concord.Engines;
using Concord.Operations.Queues;

namespace Concord.Primitives;

/// <summary>The settings of a queue, between what users declare and what is stored.</summary>
internal static class QueueSettingsStore
{
    /// <summary>Stores the settings, or finds the same stored.</summary>
    /// <exception cref="InvalidOperationException">Others are stored, or a queue cannot have these.</exception>
    public static async Task DeclareAsync(
        ConcordClient client, string name, QueueSettings settings, CancellationToken cancellationToken)
    {
        byte[] root = RecordKey.Named(RecordKind.Queue, client.Namespace, name);
        if (settings.DeadLetterQueue is null && !DeadLetterQueue.IsOne(name) && DeadLetterQueue.DefaultOf(root) is null)
        {
            throw new InvalidOperationException(
                $"Queue '{name}' has no dead-letter queue: from its name none can be made that lies together with it. "
                + $"Set {nameof(QueueSettings.DeadLetterQueue)}, or take a shorter name, or one without odd braces.");
        }

        StoredQueueSettings declared = Stored(client, settings);
        EngineAnswer answer = await client.ExecuteAsync(
            "queue.declare", name, ConfigureQueue.Request(root, declared, replace: false), cancellationToken)
            .ConfigureAwait(false);
        if (ConfigureQueue.Read(answer) is { } stored)
        {
            throw new InvalidOperationException(
                $"Queue '{name}' is declared otherwise than it is stored. Declared: {Text(declared)}. Stored: "
                + $"{Text(stored)}. Settings that are stored stay: declare those, or take a queue of another name.");
        }
    }

    private static StoredQueueSettings Stored(ConcordClient client, QueueSettings settings) => new(
        (long)settings.VisibilityTimeout.TotalMilliseconds,
        settings.MaxFailures,
        settings.MaxLength ?? 0,
        settings.MaxBytes ?? 0,
        settings.DeadLetterQueue is { } dead
            ? RecordKey.Named(RecordKind.Queue, client.Namespace, dead)
            : default(ReadOnlyMemory<byte>));

    private static string Text(StoredQueueSettings settings)
    {
        string dead = settings.DeadLetterRoot.IsEmpty
            ? "the default"
            : $"'{RecordKey.NameOf(settings.DeadLetterRoot.Span).Name}'";
        return string.Create(
            System.Globalization.CultureInfo.InvariantCulture,
            $"visibility timeout {TimeSpan.FromMilliseconds(settings.Visibility)}, {settings.MaxFailures} failures, "
            + $"length {Bound(settings.MaxLength)}, bytes {Bound(settings.MaxBytes)}, dead letters to {dead}");
    }

    private static string Bound(long bound) =>
        bound == 0 ? "unbounded" : bound.ToString(System.Globalization.CultureInfo.InvariantCulture);
}

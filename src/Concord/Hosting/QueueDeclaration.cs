using Concord.Engines;
using Concord.Operations.Queues;
using Concord.Primitives;

namespace Concord.Hosting;

/// <summary>The settings of a queue, as an application declares them.</summary>
internal sealed record QueueDeclaration(string Name, QueueSettings Settings)
{
    private const int FailuresMax = 1_000_000;

    /// <exception cref="ArgumentOutOfRangeException">A setting is out of its bounds.</exception>
    public static void Check(QueueSettings settings)
    {
        ArgumentOutOfRangeException.ThrowIfLessThan(settings.VisibilityTimeout, TimeSpan.FromSeconds(1));
        ArgumentOutOfRangeException.ThrowIfGreaterThan(settings.VisibilityTimeout, StoredQueueSettings.VisibilityMax);
        ArgumentOutOfRangeException.ThrowIfLessThan(settings.MaxFailures, 1);
        ArgumentOutOfRangeException.ThrowIfGreaterThan(settings.MaxFailures, FailuresMax);
        ArgumentOutOfRangeException.ThrowIfLessThan(settings.MaxLength ?? 1, 1, "settings.MaxLength");
        ArgumentOutOfRangeException.ThrowIfLessThan(settings.MaxBytes ?? 1, 1, "settings.MaxBytes");
    }

    /// <summary>Stores the settings, or finds them stored.</summary>
    /// <exception cref="InvalidOperationException">Others are stored.</exception>
    public Task DeclareAsync(ConcordClient client, CancellationToken cancellationToken) =>
        QueueSettingsStore.DeclareAsync(client, Name, Settings, cancellationToken);
}

namespace Concord.Primitives;

/// <summary>
/// Extends a delivery for as long as it is kept, each time when half of its time is over; as long as that fails, sooner
/// again.
/// </summary>
internal static class DeliveryExtension
{
    public static bool IsDue(DeliveryHold delivery) => PauseOf(delivery) == TimeSpan.Zero;

    /// <summary>Never on the caller's stack: the engine calls back.</summary>
    public static async Task RunAsync(DeliveryHold delivery, CancellationToken done)
    {
        ConcordClient client = delivery.Source.Client;
        TimeSpan pause = PauseOf(delivery);
        while (true)
        {
            await Task.Delay(pause, client.Time, done).ConfigureAwait(
                ConfigureAwaitOptions.SuppressThrowing | ConfigureAwaitOptions.ForceYielding);
            if (done.IsCancellationRequested || delivery.IsOver || delivery.Lost.IsCancellationRequested)
            {
                return;
            }

            try
            {
                await delivery.ExtendAsync(delivery.Visibility, done).ConfigureAwait(false);
                pause = PauseOf(delivery);
            }
            catch (OperationCanceledException)
            {
                return;
            }
            catch (ConcordException exception)
            {
                Log.NotExtended(client.Logger, delivery.Name, delivery.MessageId, exception);
                if (!exception.IsTransient)
                {
                    return;
                }

                pause = delivery.Visibility / 8;
            }
        }
    }

    private static TimeSpan PauseOf(DeliveryHold delivery)
    {
        TimeSpan pause = delivery.Left - (delivery.Visibility / 2);
        return pause > TimeSpan.Zero ? pause : TimeSpan.Zero;
    }
}

namespace Concord.Primitives;

/// <summary>Extends a delivery for as long as it is kept, each time when half of its time is over.</summary>
internal static class DeliveryExtension
{
    public static async Task RunAsync(DeliveryHold delivery, CancellationToken done)
    {
        ConcordClient client = delivery.Source.Client;
        TimeSpan pause = delivery.Visibility / 2;
        while (true)
        {
            await Task.Delay(pause, client.Time, done).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
            if (done.IsCancellationRequested || delivery.IsOver || delivery.Lost.IsCancellationRequested)
            {
                return;
            }

            try
            {
                await delivery.ExtendAsync(delivery.Visibility, done).ConfigureAwait(false);
                pause = delivery.Visibility / 2;
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
}

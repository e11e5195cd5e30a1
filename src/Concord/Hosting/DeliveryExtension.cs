using Concord.Primitives;
using Microsoft.Extensions.Logging;

namespace Concord.Hosting;

/// <summary>Extends a delivery for as long as it is worked on, each time when half of its time is over.</summary>
internal static class DeliveryExtension
{
    public static async Task RunAsync<T>(
        Delivery<T> delivery, TimeProvider time, ILogger logger, CancellationToken done)
        where T : notnull
    {
        TimeSpan visibility = delivery.Visibility;
        TimeSpan pause = visibility / 2;
        while (true)
        {
            await Task.Delay(pause, time, done).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
            if (done.IsCancellationRequested || delivery.IsSettled || delivery.Lost.IsCancellationRequested)
            {
                return;
            }

            try
            {
                await delivery.ExtendAsync(visibility, done).ConfigureAwait(false);
                pause = visibility / 2;
            }
            catch (OperationCanceledException)
            {
                return;
            }
            catch (ConcordException exception)
            {
                Log.NotExtended(logger, delivery.Name, delivery.MessageId, exception);
                if (!exception.IsTransient)
                {
                    return;
                }

                pause = visibility / 8;
            }
        }
    }
}

using Concord.Engines;
using Concord.Primitives;
using Microsoft.Extensions.DependencyInjection;

namespace Concord.Hosting;

/// <summary>Receives messages and hands each to a handler in a scope of its own, several at once.</summary>
internal sealed class QueueHandlerService<TMessage, THandler>(
    ConcordRuntime runtime, string queueName, QueueHandlerOptions options, IServiceScopeFactory scopes)
    : ServiceLoop(runtime)
    where TMessage : notnull
    where THandler : class, IQueueHandler<TMessage>
{
    private readonly TimeProvider _time = runtime.Client.Time;

    protected override Task RunAsync(CancellationToken stopping) =>
        Task.WhenAll(Enumerable.Range(0, options.MaxConcurrency).Select(_ => ReceiveAsync(stopping)));

    private async Task ReceiveAsync(CancellationToken stopping)
    {
        await Task.Yield();
        int failures = 0;
        while (!stopping.IsCancellationRequested)
        {
            try
            {
                Delivery<TMessage>? delivery = await ((ConcordQueue<TMessage>)Runtime.Concord
                    .GetQueue<TMessage>(queueName)).ReceiveAsync(timeout: null, stopping).ConfigureAwait(false);
                failures = 0;
                if (delivery is not null)
                {
                    await HandleAsync(delivery, stopping).ConfigureAwait(false);
                }
            }
            catch (OperationCanceledException) when (stopping.IsCancellationRequested)
            {
                return;
            }
            catch (Exception exception) when (exception is not OutOfMemoryException)
            {
                failures++;
                Primitives.Log.ReceiveFailed(Runtime.Logger, queueName, exception);
                await PauseAsync(RetryDelay.Of(failures), _time, stopping).ConfigureAwait(false);
            }
        }
    }

    /// <summary>Disposing of a delivery that was not settled gives it back without blame.</summary>
    private async Task HandleAsync(Delivery<TMessage> delivery, CancellationToken stopping)
    {
        await using (delivery.ConfigureAwait(false))
        {
            using HoldScope both = delivery.Held.Open(stopping);
            using var done = new CancellationTokenSource();
            Task extending = options.ExtendAutomatically
                ? DeliveryExtension.RunAsync(delivery, done.Token)
                : Task.CompletedTask;
            try
            {
                await HandleInScopeAsync(delivery, both.Token).ConfigureAwait(false);
                await CompleteAsync(delivery, stopping).ConfigureAwait(false);
            }
            catch (Exception exception) when (exception is not OutOfMemoryException
                && (delivery.IsOver || delivery.Lost.IsCancellationRequested))
            {
                HostingLog.DeliveryLost(Runtime.Logger, queueName, delivery.MessageId, exception);
            }
            catch (OperationCanceledException) when (stopping.IsCancellationRequested)
            {
                // Given back, for another process to handle.
            }
            catch (Exception exception) when (exception is not OutOfMemoryException)
            {
                await FailAsync(delivery, exception).ConfigureAwait(false);
            }
            finally
            {
                await done.CancelAsync().ConfigureAwait(false);
                await extending.ConfigureAwait(false);
            }
        }
    }

    /// <summary>What was handled is not to blame for an engine that does not answer: it is completed for as long as it
    /// is held.</summary>
    private async Task CompleteAsync(Delivery<TMessage> delivery, CancellationToken stopping)
    {
        for (int failures = 1; !delivery.IsOver; failures++)
        {
            try
            {
                await delivery.CompleteAsync(CancellationToken.None).ConfigureAwait(false);
            }
            catch (ConcordException exception) when (exception.IsTransient)
            {
                Primitives.Log.NotCompleted(Runtime.Logger, queueName, delivery.MessageId, exception);
                await PauseAsync(RetryDelay.Of(failures), _time, stopping).ConfigureAwait(false);
                stopping.ThrowIfCancellationRequested();
            }
        }
    }

    private async Task HandleInScopeAsync(Delivery<TMessage> delivery, CancellationToken cancellationToken)
    {
        AsyncServiceScope scope = scopes.CreateAsyncScope();
        await using (scope.ConfigureAwait(false))
        {
            THandler handler = scope.ServiceProvider.GetRequiredService<THandler>();
            await handler.HandleAsync(delivery, cancellationToken).ConfigureAwait(false);
        }
    }

    private async Task FailAsync(Delivery<TMessage> delivery, Exception exception)
    {
        int failures = delivery.FailureCount + 1;
        TimeSpan retryAfter = QueueHandlerLoop.RetryAfter(options, failures);
        HostingLog.HandlerFailed(
            Runtime.Logger, queueName, delivery.MessageId, failures, retryAfter.TotalMilliseconds, exception);
        await delivery.FailAsync(
            retryAfter, $"{exception.GetType().Name}: {exception.Message}", CancellationToken.None)
            .ConfigureAwait(false);
    }
}

namespace Concord.Cli.Orders;

/// <summary>
/// Places one order: one transaction through the public API, under the order's id as idempotency key. Whatever goes
/// wrong on the way, it asks again until it knows; the key makes asking again safe.
/// </summary>
/// <param name="concord">The cluster.</param>
/// <param name="time">The clock of the pauses.</param>
internal sealed class OrderPlacer(IConcord concord, TimeProvider time)
{
    private static readonly TimeSpan s_pauseMin = TimeSpan.FromMilliseconds(10);
    private static readonly TimeSpan s_pauseMax = TimeSpan.FromMilliseconds(500);

    private static readonly CounterBounds s_neverNegative = new(Min: 0);

    /// <returns>Never <see cref="OrderOutcome.Unresolved"/>.</returns>
    /// <exception cref="OperationCanceledException">The caller gave up; the order may have been placed.</exception>
    public async Task<OrderOutcome> PlaceAsync(OrderPlan plan, CancellationToken cancellationToken)
    {
        TimeSpan pause = s_pauseMin;
        while (true)
        {
            OrderOutcome outcome = await TryOnceAsync(plan, cancellationToken);
            if (outcome != OrderOutcome.Unresolved)
            {
                return outcome;
            }

            await Task.Delay(pause, time, cancellationToken);
            pause = pause * 2 < s_pauseMax ? pause * 2 : s_pauseMax;
        }
    }

    private async Task<OrderOutcome> TryOnceAsync(OrderPlan plan, CancellationToken cancellationToken)
    {
        try
        {
            TransactionRunOptions options = new() { IdempotencyKey = plan.Key };
            TransactionResult result = await concord.TryRunTransactionAsync(
                (transaction, _) => Fill(transaction, plan), options, cancellationToken);
            if (result.Outcome == TransactionOutcome.InDoubt)
            {
                // Asking settles it. A session that is gone cannot tell: then the key decides, at the next attempt.
                result = await concord.GetTransactionResultAsync(result.Id, cancellationToken);
            }

            return OutcomeOf(result);
        }
        catch (ConcordException error) when (error.IsTransient || error.Outcome == OperationOutcome.Unknown)
        {
            return OrderOutcome.Unresolved;
        }
    }

    /// <summary>Stock in line order, then the money: of several that would leave their bounds the first
    /// counts.</summary>
    private Task Fill(IConcordTransaction transaction, OrderPlan plan)
    {
        foreach (StockChange change in plan.Changes)
        {
            transaction.Add(concord.GetCounter(change.Counter), change.Delta, s_neverNegative);
        }

        transaction.Add(concord.GetCounter(plan.Account), -plan.Order.Amount, s_neverNegative);
        transaction.Set(concord.GetValue(plan.Shipment, ShipmentSerializer.Instance), Shipment.Of(plan));
        return Task.CompletedTask;
    }

    private static OrderOutcome OutcomeOf(TransactionResult result) => result switch
    {
        { Outcome: TransactionOutcome.Committed } => OrderOutcome.Committed,
        { AbortReason: TransactionAbortReason.BoundViolated, RefusedBy: string name }
            when name.StartsWith(RecordNames.StockPrefix, StringComparison.Ordinal) => OrderOutcome.OutOfStock,
        { AbortReason: TransactionAbortReason.BoundViolated, RefusedBy: string name }
            when name.StartsWith(RecordNames.AccountPrefix, StringComparison.Ordinal) => OrderOutcome.InsufficientFunds,
        _ => OrderOutcome.Unresolved,
    };
}

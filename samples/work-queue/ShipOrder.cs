namespace Concord.Samples;

/// <summary>A message of the queue.</summary>
internal sealed record Order(string Id, string Product);

/// <summary>Where everything stands: one tag, so that a shipment is one entry of one log.</summary>
internal static class Shop
{
    public const string Orders = "{shop}.orders";
    public const string Shipped = "{shop}.shipped";
    public const string KnowsUnicorns = "{shop}.knows-unicorns";
    public const string Unicorn = "unicorn";
}

/// <summary>Ships an order: once, however often it is delivered.</summary>
internal sealed class ShipOrder(IConcord concord) : IQueueHandler<Order>
{
    public async Task HandleAsync(IDelivery<Order> delivery, CancellationToken cancellationToken)
    {
        Order order = delivery.Message;
        if (order.Product == Shop.Unicorn
            && !(await concord.GetValue<bool>(Shop.KnowsUnicorns).GetAsync(cancellationToken)).Value)
        {
            Console.WriteLine($"fails with {order.Id}, failure {delivery.FailureCount + 1}");
            throw new InvalidOperationException($"There is no product '{order.Product}'.");
        }

        await concord.RunTransactionAsync(
            (tx, _) =>
            {
                tx.Complete(delivery);
                tx.Add(concord.GetCounter(Shop.Shipped), 1);
                return Task.CompletedTask;
            },
            cancellationToken: cancellationToken);
        Console.WriteLine($"shipped {order.Id}");
    }
}

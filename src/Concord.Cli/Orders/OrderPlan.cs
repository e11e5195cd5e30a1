namespace Concord.Cli.Orders;

/// <summary>What one order does to the records, ready to be put into a transaction.</summary>
internal sealed class OrderPlan
{
    /// <summary>A transaction does at most 500 things; the account and the shipment are two of them.</summary>
    public const int ProductsMax = 498;

    private OrderPlan(Order order, IReadOnlyList<StockChange> changes)
    {
        (Order, Changes) = (order, changes);
        Key = RecordNames.Key(order.Id);
        Account = RecordNames.Account(order.Customer);
        Shipment = RecordNames.Shipment(order.Id);
    }

    public Order Order { get; }

    /// <summary>One per product, where the product occurs first: the first that refuses names the refusal.</summary>
    public IReadOnlyList<StockChange> Changes { get; }

    /// <summary>The idempotency key.</summary>
    public string Key { get; }

    public string Account { get; }

    public string Shipment { get; }

    /// <summary>What the customer gets: one line per product. Only of an order that can be committed at all.</summary>
    public IEnumerable<OrderLine> Totals => Changes.Select(change => new OrderLine(change.Sku, -change.Delta));

    public static OrderPlan Of(Order order)
    {
        List<StockChange> changes = [];
        Dictionary<string, int> places = new(StringComparer.Ordinal);
        foreach (OrderLine line in order.Lines)
        {
            if (places.TryAdd(line.Sku, changes.Count))
            {
                changes.Add(new StockChange(line.Sku, RecordNames.Stock(line.Sku), -line.Quantity));
            }
            else
            {
                StockChange first = changes[places[line.Sku]];
                changes[places[line.Sku]] = first with { Delta = Subtract(first.Delta, line.Quantity) };
            }
        }

        return new OrderPlan(order, changes);
    }

    /// <summary>Lines that add up to 2^63 or more stop at the least 64-bit number: added to any stock, which is at most
    /// 2^63 - 1, it stays within 64 bits and below zero, so that it is refused as it must be.</summary>
    private static long Subtract(long delta, long quantity) =>
        delta < long.MinValue + quantity ? long.MinValue : delta - quantity;
}

/// <summary>What an order takes of one product.</summary>
/// <param name="Sku">The product.</param>
/// <param name="Counter">The name of its counter.</param>
/// <param name="Delta">Below zero.</param>
internal readonly record struct StockChange(string Sku, string Counter, long Delta);

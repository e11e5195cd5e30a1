namespace Concord.Cli.Orders;

/// <summary>
/// Recomputes by hand what the cluster must hold: the initial state less every committed order. It believes nothing
/// that the cluster says about itself but the outcomes that the clients were told.
/// </summary>
internal static class DemoAudit
{
    /// <param name="initial">Before the first order.</param>
    /// <param name="earlier">Shipments that earlier runs on the same data had left.</param>
    /// <param name="orders">Of this run.</param>
    /// <param name="outcomes">By place in <paramref name="orders"/>.</param>
    /// <param name="final">After the last order.</param>
    public static IReadOnlyList<AuditCheck> Check(
        InitialState initial,
        IReadOnlyList<Shipment> earlier,
        IReadOnlyList<Order> orders,
        IReadOnlyList<OrderOutcome> outcomes,
        FinalState final)
    {
        SortedDictionary<string, Order> committed = Committed(earlier, orders, outcomes);
        return
        [
            Conserved("Money conserved", "account", initial.Accounts, Spent(committed.Values), final.Accounts),
            Conserved("Stock conserved", "stock", initial.Stock, Taken(committed.Values), final.Stock),
            NothingNegative(final),
            OneShipmentEach(committed, final.Shipments),
            NothingUnresolved(outcomes),
        ];
    }

    private static SortedDictionary<string, Order> Committed(
        IReadOnlyList<Shipment> earlier, IReadOnlyList<Order> orders, IReadOnlyList<OrderOutcome> outcomes)
    {
        SortedDictionary<string, Order> committed = new(StringComparer.Ordinal);
        foreach (Shipment shipment in earlier)
        {
            committed.TryAdd(shipment.Id, shipment.ToOrder());
        }

        for (int i = 0; i < orders.Count; i++)
        {
            if (outcomes[i] == OrderOutcome.Committed)
            {
                committed.TryAdd(orders[i].Id, orders[i]);
            }
        }

        return committed;
    }

    /// <summary>Sums are wider than the cluster's numbers: whatever it did wrong must not overflow the audit.</summary>
    private static Dictionary<string, Int128> Spent(IEnumerable<Order> orders)
    {
        Dictionary<string, Int128> spent = new(StringComparer.Ordinal);
        foreach (Order order in orders)
        {
            spent[order.Customer] = spent.GetValueOrDefault(order.Customer) + order.Amount;
        }

        return spent;
    }

    private static Dictionary<string, Int128> Taken(IEnumerable<Order> orders)
    {
        Dictionary<string, Int128> taken = new(StringComparer.Ordinal);
        foreach (OrderLine line in orders.SelectMany(order => order.Lines))
        {
            taken[line.Sku] = taken.GetValueOrDefault(line.Sku) + line.Quantity;
        }

        return taken;
    }

    private static AuditCheck Conserved(
        string name,
        string what,
        IReadOnlyDictionary<string, long> initial,
        Dictionary<string, Int128> gone,
        IReadOnlyList<KeyValuePair<string, long>> final)
    {
        foreach ((string id, long value) in final)
        {
            Int128 expected = initial[id] - gone.GetValueOrDefault(id);
            if (value != expected)
            {
                return new AuditCheck(name, false, $"{what} {JsonFields.Quoted(id)} is {value}, must be {expected}");
            }
        }

        Int128 before = Sum(initial.Values);
        Int128 after = Sum(final.Select(entry => entry.Value));
        return new AuditCheck(name, final.Count == initial.Count, $"{before} - {before - after} = {after}");
    }

    private static AuditCheck NothingNegative(FinalState final)
    {
        KeyValuePair<string, long>[] negative =
            [.. final.Stock.Concat(final.Accounts).Where(entry => entry.Value < 0)];
        string detail = negative.Length == 0
            ? $"{final.Stock.Count + final.Accounts.Count} counters"
            : $"{JsonFields.Quoted(negative[0].Key)} is {negative[0].Value}";
        return new AuditCheck("Nothing negative", negative.Length == 0, detail);
    }

    private static AuditCheck OneShipmentEach(
        SortedDictionary<string, Order> committed, IReadOnlyList<Shipment> shipments)
    {
        string? wrong = null;
        HashSet<string> seen = new(StringComparer.Ordinal);
        foreach (Shipment shipment in shipments)
        {
            wrong ??= !seen.Add(shipment.Id) ? $"order {JsonFields.Quoted(shipment.Id)} was shipped twice"
                : !committed.TryGetValue(shipment.Id, out Order? order)
                    ? $"order {JsonFields.Quoted(shipment.Id)} was shipped and not committed"
                : !IsOf(shipment, order) ? $"the shipment of {JsonFields.Quoted(shipment.Id)} is not what was ordered"
                : null;
        }

        string? missing = committed.Keys.FirstOrDefault(id => !seen.Contains(id));
        wrong ??= missing is null ? null : $"order {JsonFields.Quoted(missing)} was committed and not shipped";
        return new AuditCheck("One shipment per order", wrong is null, wrong ?? $"{shipments.Count} shipments");
    }

    private static bool IsOf(Shipment shipment, Order order) =>
        shipment.Customer == order.Customer
        && shipment.Amount == order.Amount
        && shipment.Lines.SequenceEqual(OrderPlan.Of(order).Totals);

    private static AuditCheck NothingUnresolved(IReadOnlyList<OrderOutcome> outcomes)
    {
        int unresolved = outcomes.Count(outcome => outcome == OrderOutcome.Unresolved);
        return new AuditCheck("Nothing unresolved", unresolved == 0, $"{unresolved} orders");
    }

    private static Int128 Sum(IEnumerable<long> values) => values.Aggregate((Int128)0, (sum, value) => sum + value);
}

namespace Concord.Cli.Orders;

/// <summary>What the cluster holds when the last order is settled.</summary>
/// <param name="Stock">Pieces per product, in the order of the initial state.</param>
/// <param name="Accounts">Balance per customer, in the order of the initial state.</param>
/// <param name="Shipments">Every shipment record, sorted by order id; one that occurs twice occurs twice here.</param>
internal sealed record FinalState(
    IReadOnlyList<KeyValuePair<string, long>> Stock,
    IReadOnlyList<KeyValuePair<string, long>> Accounts,
    IReadOnlyList<Shipment> Shipments);

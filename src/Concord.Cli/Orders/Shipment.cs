using System.Buffers;
using System.Text.Json;
using System.Text.Json.Serialization;

namespace Concord.Cli.Orders;

/// <summary>
/// The record under an order's id that says that it was placed. It carries the whole order, so that an audit needs no
/// file: what is gone from stock and accounts is what the shipments say.
/// </summary>
internal sealed record Shipment
{
    [JsonPropertyName("shipment")]
    public required string Id { get; init; }

    public required string Customer { get; init; }

    public required long Amount { get; init; }

    /// <summary>One per product: an order may repeat a product a million times, a record has its bounds.</summary>
    public required IReadOnlyList<OrderLine> Lines { get; init; }

    public static Shipment Of(OrderPlan plan) => new()
    {
        Id = plan.Order.Id,
        Customer = plan.Order.Customer,
        Amount = plan.Order.Amount,
        Lines = [.. plan.Totals],
    };

    public static Shipment Parse(ReadOnlySpan<byte> utf8) =>
        JsonSerializer.Deserialize(utf8, OrdersJson.Default.Shipment)!;

    public Order ToOrder() => new(Id, Customer, Lines, Amount);
}

/// <summary>Shipments as JSON, without reflection.</summary>
internal sealed class ShipmentSerializer : IConcordSerializer<Shipment>
{
    public static ShipmentSerializer Instance { get; } = new();

    public string ContentType => "application/json";

    public void Serialize(Shipment value, IBufferWriter<byte> target)
    {
        using Utf8JsonWriter writer = new(target);
        JsonSerializer.Serialize(writer, value, OrdersJson.Default.Shipment);
    }

    public Shipment Deserialize(ReadOnlySequence<byte> source) => Shipment.Parse(source.ToArray());
}

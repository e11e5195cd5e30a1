using System.Text.Json;

namespace Concord.Cli.Orders;

/// <summary>The final state as JSON lines, so that anybody can recompute it.</summary>
internal static class DemoDump
{
    public static byte[] ToJsonLines(FinalState state)
    {
        using MemoryStream stream = new();
        foreach ((string customer, long balance) in state.Accounts)
        {
            WriteCounter(stream, "account", customer, "balance", balance);
        }

        foreach ((string sku, long quantity) in state.Stock)
        {
            WriteCounter(stream, "stock", sku, "quantity", quantity);
        }

        foreach (Shipment shipment in state.Shipments)
        {
            JsonSerializer.Serialize(stream, shipment, OrdersJson.Default.Shipment);
            stream.WriteByte((byte)'\n');
        }

        return stream.ToArray();
    }

    private static void WriteCounter(MemoryStream stream, string kind, string id, string unit, long value)
    {
        using (Utf8JsonWriter writer = new(stream))
        {
            writer.WriteStartObject();
            writer.WriteString(kind, id);
            writer.WriteNumber(unit, value);
            writer.WriteEndObject();
        }

        stream.WriteByte((byte)'\n');
    }
}

using System.Text.Json;
using System.Text.Json.Nodes;

namespace Concord.Cli.Tests.Orders;

/// <summary>
/// What must come out when orders are placed one after the other. Written from the words of the specification and on
/// another JSON reader than the product's, so that both do not share a mistake.
/// </summary>
internal sealed class SequentialModel
{
    private readonly HashSet<string> _wellFormed = new(StringComparer.Ordinal);

    public SequentialModel(string initialJson)
    {
        JsonNode initial = JsonNode.Parse(initialJson)!;
        foreach ((string name, JsonNode? value) in initial["stock"]!.AsObject())
        {
            Stock[name] = (long)value!;
        }

        foreach ((string name, JsonNode? value) in initial["accounts"]!.AsObject())
        {
            Accounts[name] = (long)value!;
        }
    }

    public SortedDictionary<string, long> Stock { get; } = new(StringComparer.Ordinal);

    public SortedDictionary<string, long> Accounts { get; } = new(StringComparer.Ordinal);

    public SortedSet<string> Shipments { get; } = new(StringComparer.Ordinal);

    public List<int> InvalidLines { get; } = [];

    public int OutOfStock { get; private set; }

    public int InsufficientFunds { get; private set; }

    public int Orders => _wellFormed.Count;

    public SequentialModel Place(string ordersText)
    {
        string[] lines = ordersText.TrimStart('\uFEFF').Split('\n');
        for (int i = 0; i < lines.Length; i++)
        {
            if (!string.IsNullOrWhiteSpace(lines[i]) && !TryPlace(lines[i]))
            {
                InvalidLines.Add(i + 1);
            }
        }

        return this;
    }

    private bool TryPlace(string line)
    {
        try
        {
            JsonElement order = JsonSerializer.Deserialize<JsonElement>(line);
            string id = order.GetProperty("id").GetString()!;
            string customer = order.GetProperty("customer").GetString()!;
            long amount = order.GetProperty("amount").GetInt64();
            (string Sku, long Quantity)[] lines =
            [
                .. order.GetProperty("lines").EnumerateArray().Select(
                    each => (each.GetProperty("sku").GetString()!, each.GetProperty("quantity").GetInt64())),
            ];
            if (lines.Length == 0 || amount < 0 || lines.Any(each => each.Quantity <= 0 || !Stock.ContainsKey(each.Sku))
                || !Accounts.ContainsKey(customer) || !_wellFormed.Add(id))
            {
                return false;
            }

            Settle(id, customer, amount, lines);
            return true;
        }
        catch (Exception error) when (error is JsonException or KeyNotFoundException or InvalidOperationException
            or FormatException or ArgumentNullException)
        {
            return false;
        }
    }

    private void Settle(string id, string customer, long amount, (string Sku, long Quantity)[] lines)
    {
        (string Sku, Int128 Sum)[] sums =
        [
            .. lines.GroupBy(each => each.Sku).Select(group => (group.Key, group.Aggregate(
                (Int128)0, (sum, each) => sum + each.Quantity))),
        ];
        if (sums.Any(sum => Stock[sum.Sku] < sum.Sum))
        {
            OutOfStock++;
        }
        else if (Accounts[customer] < amount)
        {
            InsufficientFunds++;
        }
        else
        {
            sums.ToList().ForEach(sum => Stock[sum.Sku] -= (long)sum.Sum);
            Accounts[customer] -= amount;
            Shipments.Add(id);
        }
    }
}

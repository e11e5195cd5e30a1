using System.Buffers;
using System.Security.Cryptography;
using System.Text;

namespace Concord.Cli.Orders;

/// <summary>
/// Under which names the shop keeps its records. An id of a file may be any text, a name may not: it is bounded, has no
/// zero character, and braces in it mean something. So an id is escaped as in a URL, and one that is too long is
/// replaced by its hash. No two ids share a name.
/// </summary>
internal static class RecordNames
{
    public const string StockPrefix = "stock/";
    public const string AccountPrefix = "account/";
    public const string ShipmentPrefix = "shipment/";

    /// <summary>Says how far the initial state has been loaded.</summary>
    public const string Load = "orders-demo/load";

    /// <summary>Below the 256 bytes of an idempotency key.</summary>
    private const int EscapedBytesMax = 200;

    private static readonly SearchValues<char> s_escaped = SearchValues.Create(
        "%{}\0\u0001\u0002\u0003\u0004\u0005\u0006\u0007\b\t\n\v\f\r\u000e\u000f"
        + "\u0010\u0011\u0012\u0013\u0014\u0015\u0016\u0017\u0018\u0019\u001a\u001b\u001c\u001d\u001e\u001f\u007f");

    public static string Stock(string sku) => StockPrefix + Escape(sku);

    public static string Account(string customer) => AccountPrefix + Escape(customer);

    /// <summary>The braces put the record where the outcome of the idempotency key is kept: both cost one
    /// write.</summary>
    public static string Shipment(string orderId) => $"{ShipmentPrefix}{{{Escape(orderId)}}}";

    /// <summary>The idempotency key of the order's transaction.</summary>
    public static string Key(string orderId) => Escape(orderId);

    private static string Escape(string id)
    {
        // Escaping never makes a lone % nor "%#": both are free to stand for what cannot be written out.
        if (id.Length == 0)
        {
            return "%";
        }

        string escaped = id.AsSpan().ContainsAny(s_escaped) ? EscapeEach(id) : id;
        return System.Text.Encoding.UTF8.GetByteCount(escaped) <= EscapedBytesMax
            ? escaped
            : "%#" + Convert.ToHexStringLower(SHA256.HashData(System.Text.Encoding.UTF8.GetBytes(id)));
    }

    private static string EscapeEach(string id)
    {
        StringBuilder escaped = new(id.Length + 16);
        foreach (char character in id)
        {
            if (s_escaped.Contains(character))
            {
                escaped.Append('%').Append(((int)character).ToString("X2", null));
            }
            else
            {
                escaped.Append(character);
            }
        }

        return escaped.ToString();
    }
}

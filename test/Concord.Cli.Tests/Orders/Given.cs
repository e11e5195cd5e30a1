using Concord.Cli.Orders;

namespace Concord.Cli.Tests.Orders;

/// <summary>Short ways to make what the tests are about.</summary>
internal static class Given
{
    public const string InitialText = """{"stock":{"s-1":10,"s-2":5},"accounts":{"c-1":1000,"c-2":50}}""";

    public static InitialState Initial(string text = InitialText) =>
        InitialState.Parse(System.Text.Encoding.UTF8.GetBytes(text), "initial.json");

    public static OrderFile File(params string[] lines) =>
        File(System.Text.Encoding.UTF8.GetBytes(string.Join('\n', lines)));

    public static OrderFile File(byte[] bytes)
    {
        using MemoryStream stream = new(bytes);
        return OrderFile.Read(stream, Initial());
    }

    public static string Line(
        string id =
            "o-1", string customer = "c-1", string lines = """[{"sku":"s-1","quantity":2}]""", string amount = "5") =>
        $$"""{"id":"{{id}}","customer":"{{customer}}","lines":{{lines}},"amount":{{amount}}}""";

    public static Order Order(string id, string customer, long amount, params (string Sku, long Quantity)[] lines) =>
        new(id, customer, [.. lines.Select(line => new OrderLine(line.Sku, line.Quantity))], amount);
}

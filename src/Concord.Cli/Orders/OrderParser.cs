using System.Text.Json;

namespace Concord.Cli.Orders;

/// <summary>
/// Makes an order of one line, or says why it is none. An order is well-formed when every rule here holds; that its
/// product and customer are known belongs to them. Whether its id is new, <see cref="OrderFile"/> knows.
/// </summary>
/// <param name="initial">Which products and customers there are.</param>
internal sealed class OrderParser(InitialState initial)
{
    /// <summary>Bounds the shipment record, which carries the id as it is.</summary>
    private const int IdLengthMax = 65_536;

    /// <exception cref="InvalidLineException">It is no order.</exception>
    public Order Parse(ReadOnlySpan<byte> line)
    {
        Utf8JsonReader reader = JsonFields.Open(line);
        Fields fields = default;
        try
        {
            reader.Read();
            if (reader.TokenType != JsonTokenType.StartObject)
            {
                throw new InvalidLineException("it is not a JSON object");
            }

            CheckSyntax(reader);
            ReadFields(ref reader, ref fields);
        }
        catch (JsonException)
        {
            throw new InvalidLineException("it is not a JSON object");
        }

        return Complete(fields);
    }

    /// <summary>Reads to the end on a copy of the reader: a text that is no JSON is called that, whatever else is
    /// wrong.</summary>
    private static void CheckSyntax(Utf8JsonReader reader)
    {
        while (reader.Read())
        {
        }
    }

    private static void ReadFields(ref Utf8JsonReader reader, ref Fields fields)
    {
        while (reader.Read() && reader.TokenType == JsonTokenType.PropertyName)
        {
            Field field = FieldOf(ref reader);
            reader.Read();
            fields.Set(field, reader);
            reader.Skip();
        }
    }

    private static Field FieldOf(ref Utf8JsonReader reader) =>
        JsonFields.IsNamed(ref reader, "id"u8) ? Field.Id
        : JsonFields.IsNamed(ref reader, "customer"u8) ? Field.Customer
        : JsonFields.IsNamed(ref reader, "lines"u8) ? Field.Lines
        : JsonFields.IsNamed(ref reader, "amount"u8) ? Field.Amount
        : Field.Other;

    private Order Complete(scoped in Fields fields)
    {
        string id = OrderId(fields.Id);
        string customer = KnownCustomer(fields.Customer);
        List<OrderLine> lines = OrderLines(fields.Lines);
        long amount = AmountOf(fields.Amount);
        return new Order(id, customer, lines, amount);
    }

    private static string OrderId(Utf8JsonReader reader)
    {
        RequirePresent(reader, "id");
        string id = JsonFields.Text(ref reader, "id");
        return id.Length <= IdLengthMax ? id : throw new InvalidLineException(
            $"id is longer than {IdLengthMax} characters");
    }

    private string KnownCustomer(Utf8JsonReader reader)
    {
        RequirePresent(reader, "customer");
        string customer = JsonFields.Text(ref reader, "customer");
        return initial.Accounts.ContainsKey(customer)
            ? customer
            : throw new InvalidLineException($"customer {JsonFields.Quoted(customer)} is unknown");
    }

    private static long AmountOf(Utf8JsonReader reader)
    {
        RequirePresent(reader, "amount");
        long amount = JsonFields.Integer(ref reader, "amount");
        return amount >= 0 ? amount : throw new InvalidLineException("amount is negative");
    }

    private List<OrderLine> OrderLines(Utf8JsonReader reader)
    {
        RequirePresent(reader, "lines");
        if (reader.TokenType != JsonTokenType.StartArray)
        {
            throw new InvalidLineException("lines is not an array");
        }

        List<OrderLine> lines = [];
        while (reader.Read() && reader.TokenType != JsonTokenType.EndArray)
        {
            lines.Add(ParseOrderLine(ref reader, $"order line {lines.Count + 1}"));
        }

        return lines.Count == 0 ? throw new InvalidLineException("it has no order lines")
            : lines.Select(line => line.Sku).Distinct(StringComparer.Ordinal).Count() > OrderPlan.ProductsMax
                ? throw new InvalidLineException($"it has more than {OrderPlan.ProductsMax} different products")
            : lines;
    }

    private OrderLine ParseOrderLine(ref Utf8JsonReader reader, string what)
    {
        if (reader.TokenType != JsonTokenType.StartObject)
        {
            throw new InvalidLineException($"{what} is not a JSON object");
        }

        Utf8JsonReader sku = default;
        Utf8JsonReader quantity = default;
        while (reader.Read() && reader.TokenType == JsonTokenType.PropertyName)
        {
            bool isSku = JsonFields.IsNamed(ref reader, "sku"u8);
            bool isQuantity = JsonFields.IsNamed(ref reader, "quantity"u8);
            reader.Read();
            sku = isSku ? reader : sku;
            quantity = isQuantity ? reader : quantity;
            reader.Skip();
        }

        return new OrderLine(KnownProduct(sku, what), PositiveQuantity(quantity, what));
    }

    private string KnownProduct(Utf8JsonReader reader, string what)
    {
        RequirePresent(reader, $"sku of {what}");
        string sku = JsonFields.Text(ref reader, $"sku of {what}");
        return initial.Stock.ContainsKey(sku)
            ? sku
            : throw new InvalidLineException($"product {JsonFields.Quoted(sku)} of {what} is unknown");
    }

    private static long PositiveQuantity(Utf8JsonReader reader, string what)
    {
        RequirePresent(reader, $"quantity of {what}");
        long quantity = JsonFields.Integer(ref reader, $"quantity of {what}");
        return quantity > 0 ? quantity : throw new InvalidLineException($"quantity of {what} is not positive");
    }

    private static void RequirePresent(scoped in Utf8JsonReader reader, string what)
    {
        if (reader.TokenType == JsonTokenType.None)
        {
            throw new InvalidLineException($"{what} is missing");
        }
    }

    private enum Field
    {
        Other,
        Id,
        Customer,
        Lines,
        Amount,
    }

    /// <summary>Where each field's value begins: readers are structs, a copy is a bookmark. A later one of the same
    /// name replaces an earlier one.</summary>
    private ref struct Fields
    {
        public Utf8JsonReader Id;
        public Utf8JsonReader Customer;
        public Utf8JsonReader Lines;
        public Utf8JsonReader Amount;

        public void Set(Field field, Utf8JsonReader value)
        {
            switch (field)
            {
                case Field.Id: Id = value; break;
                case Field.Customer: Customer = value; break;
                case Field.Lines: Lines = value; break;
                case Field.Amount: Amount = value; break;
                case Field.Other: break;
            }
        }
    }
}

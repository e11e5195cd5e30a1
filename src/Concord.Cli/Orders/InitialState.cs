using System.Security.Cryptography;
using System.Text.Json;

namespace Concord.Cli.Orders;

/// <summary>The shop before the first order.</summary>
internal sealed class InitialState
{
    /// <summary>Keeps the shipment record of an order with the most products below the bound of a value.</summary>
    private const int NameLengthMax = 1_024;

    private InitialState(SortedDictionary<string, long> stock, SortedDictionary<string, long> accounts)
    {
        (Stock, Accounts) = (stock, accounts);
        Fingerprint = Hash(stock, accounts);
    }

    /// <summary>Pieces per product, 0 or more; sorted by name, so that everything done with them has one
    /// order.</summary>
    public IReadOnlyDictionary<string, long> Stock { get; }

    /// <summary>Balance per customer in minor units, 0 or more; sorted by name.</summary>
    public IReadOnlyDictionary<string, long> Accounts { get; }

    /// <summary>Equal for equal contents: how the file is laid out does not matter.</summary>
    public string Fingerprint { get; }

    /// <exception cref="CliException">The file is missing, unreadable or not an initial state.</exception>
    public static InitialState Read(string path) => Parse(InputFile.ReadAll(path, "initial state"), path);

    /// <param name="utf8">The text of the file.</param>
    /// <param name="path">What to call it in an error.</param>
    public static InitialState Parse(ReadOnlySpan<byte> utf8, string path)
    {
        try
        {
            Utf8JsonReader reader = JsonFields.Open(InputFile.WithoutByteOrderMark(utf8));
            return ParseObject(ref reader);
        }
        catch (Exception error) when (error is JsonException or InvalidLineException)
        {
            string reason = error is InvalidLineException ? error.Message : "it is not JSON";
            throw new CliException(
                $"The initial state {path} cannot be used: {reason}; it must look like "
                + "{\"stock\":{\"s-1\":1000},\"accounts\":{\"c-1\":500000}}.");
        }
    }

    private static InitialState ParseObject(ref Utf8JsonReader reader)
    {
        reader.Read();
        if (reader.TokenType != JsonTokenType.StartObject)
        {
            throw new InvalidLineException("it is not a JSON object");
        }

        SortedDictionary<string, long>? stock = null;
        SortedDictionary<string, long>? accounts = null;
        while (reader.Read() && reader.TokenType == JsonTokenType.PropertyName)
        {
            bool isStock = JsonFields.IsNamed(ref reader, "stock"u8);
            bool isAccounts = JsonFields.IsNamed(ref reader, "accounts"u8);
            reader.Read();
            stock = isStock ? ParseAmounts(ref reader, "stock") : stock;
            accounts = isAccounts ? ParseAmounts(ref reader, "accounts") : accounts;
            reader.Skip();
        }

        reader.Read();
        return new InitialState(
            stock ?? throw new InvalidLineException("stock is missing"),
            accounts ?? throw new InvalidLineException("accounts is missing"));
    }

    private static SortedDictionary<string, long> ParseAmounts(ref Utf8JsonReader reader, string what)
    {
        if (reader.TokenType != JsonTokenType.StartObject)
        {
            throw new InvalidLineException($"{what} is not a JSON object");
        }

        SortedDictionary<string, long> amounts = new(StringComparer.Ordinal);
        while (reader.Read() && reader.TokenType == JsonTokenType.PropertyName)
        {
            string name = JsonFields.Name(ref reader, $"a name in {what}");
            string entry = $"{what} of {JsonFields.Quoted(name)}";
            if (name.Length > NameLengthMax)
            {
                throw new InvalidLineException($"a name in {what} is longer than {NameLengthMax} characters");
            }

            reader.Read();
            long amount = JsonFields.Integer(ref reader, entry);
            amounts[name] = amount >= 0 ? amount : throw new InvalidLineException($"{entry} is negative");
        }

        return amounts;
    }

    private static string Hash(SortedDictionary<string, long> stock, SortedDictionary<string, long> accounts)
    {
        using IncrementalHash hash = IncrementalHash.CreateHash(HashAlgorithmName.SHA256);
        Append(hash, "stock", stock);
        Append(hash, "accounts", accounts);
        return Convert.ToHexStringLower(hash.GetHashAndReset());
    }

    private static void Append(IncrementalHash hash, string section, SortedDictionary<string, long> amounts)
    {
        // Lengths before texts, so that no two states write the same bytes.
        hash.AppendData(System.Text.Encoding.UTF8.GetBytes($"{section} {amounts.Count}\n"));
        foreach ((string name, long amount) in amounts)
        {
            hash.AppendData(System.Text.Encoding.UTF8.GetBytes($"{name.Length} {name} {amount}\n"));
        }
    }
}

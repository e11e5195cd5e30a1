using System.Text;

namespace Concord.Cli.Orders;

/// <summary>
/// The orders of a file, in its order, and the lines that are none. A line is a JSON object; blank lines and a byte
/// order mark at the start are skipped. Only a well-formed order uses up its id: the same id again is a repetition.
/// </summary>
/// <param name="Orders">Well-formed and not repeated.</param>
/// <param name="InvalidLines">With their numbers and reasons.</param>
internal sealed record OrderFile(IReadOnlyList<Order> Orders, IReadOnlyList<InvalidLine> InvalidLines)
{
    /// <exception cref="CliException">The file is missing or unreadable.</exception>
    public static OrderFile Read(string path, InitialState initial)
    {
        using FileStream stream = InputFile.Open(path, "orders file");
        try
        {
            return Read(stream, initial);
        }
        catch (Exception error) when (InputFile.IsUnreadable(error))
        {
            throw InputFile.Unreadable(path, "orders file", error);
        }
    }

    public static OrderFile Read(Stream stream, InitialState initial)
    {
        OrderParser parser = new(initial);
        List<Order> orders = [];
        List<InvalidLine> invalid = [];
        Dictionary<string, long> lineOfId = new(StringComparer.Ordinal);
        LineReader reader = new(stream);
        while (reader.Read())
        {
            try
            {
                ReadOnlySpan<byte> line =
                    reader.Number == 1 ? InputFile.WithoutByteOrderMark(reader.Line) : reader.Line;
                if (!IsBlank(line))
                {
                    orders.Add(NewOrder(parser, line, reader, lineOfId));
                }
            }
            catch (InvalidLineException error)
            {
                invalid.Add(new InvalidLine(reader.Number, error.Message));
            }
        }

        return new OrderFile(orders, invalid);
    }

    private static Order NewOrder(
        OrderParser parser, ReadOnlySpan<byte> line, LineReader reader, Dictionary<string, long> lineOfId)
    {
        if (reader.IsTooLong)
        {
            throw new InvalidLineException($"it is longer than {LineReader.LineBytesMax} bytes");
        }

        Order order = parser.Parse(line);
        return lineOfId.TryAdd(order.Id, reader.Number)
            ? order
            : throw new InvalidLineException(
                $"id {JsonFields.Quoted(order.Id)} is that of the order in line {lineOfId[order.Id]}");
    }

    private static bool IsBlank(ReadOnlySpan<byte> line)
    {
        while (!line.IsEmpty)
        {
            Rune.DecodeFromUtf8(line, out Rune rune, out int length);
            if (!Rune.IsWhiteSpace(rune))
            {
                return false;
            }

            line = line[length..];
        }

        return true;
    }
}

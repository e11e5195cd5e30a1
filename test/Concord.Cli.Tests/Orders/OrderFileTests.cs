using Concord.Cli.Orders;

namespace Concord.Cli.Tests.Orders;

public sealed class OrderFileTests
{
    [Fact]
    public void A_well_formed_order_is_read_as_it_is_written()
    {
        OrderFile file = Given.File(
            Given.Line(lines: """[{"sku":"s-2","quantity":1},{"sku":"s-1","quantity":2}]""", amount: "1299"));

        Order order = Assert.Single(file.Orders);
        Assert.Empty(file.InvalidLines);
        Assert.Equal(("o-1", "c-1", 1299), (order.Id, order.Customer, order.Amount));
        Assert.Equal([new OrderLine("s-2", 1), new OrderLine("s-1", 2)], order.Lines);
    }

    [Theory]
    [InlineData("""[1]""", "not a JSON object")]
    [InlineData("""7""", "not a JSON object")]
    [InlineData("""nonsense""", "not a JSON object")]
    [InlineData(
        """{"id":"o-1","customer":"c-1","lines":[{"sku":"s-1","quantity":1}],"amount":1""",
        "not a JSON object")]
    [InlineData(
        """{"id":"o-1","customer":"c-1","lines":[{"sku":"s-1","quantity":1}],"amount":1} {}""",
        "not a JSON object")]
    [InlineData(
        """{"id":"o-1","customer":"c-1","lines":[{"sku":"s-1","quantity":1}],"amount":1,}""",
        "not a JSON object")]
    [InlineData("""{"customer":"c-1","lines":[{"sku":"s-1","quantity":1}],"amount":1}""", "id is missing")]
    [InlineData("""{"id":"o-1","lines":[{"sku":"s-1","quantity":1}],"amount":1}""", "customer is missing")]
    [InlineData("""{"id":"o-1","customer":"c-1","amount":1}""", "lines is missing")]
    [InlineData("""{"id":"o-1","customer":"c-1","lines":[{"sku":"s-1","quantity":1}]}""", "amount is missing")]
    [InlineData("""{"id":1,"customer":"c-1","lines":[{"sku":"s-1","quantity":1}],"amount":1}""", "id is not a string")]
    [InlineData(
        """{"id":null,"customer":"c-1","lines":[{"sku":"s-1","quantity":1}],"amount":1}""",
        "id is not a string")]
    [InlineData(
        """{"id":"\ud800","customer":"c-1","lines":[{"sku":"s-1","quantity":1}],"amount":1}""",
        "id is not valid text")]
    public void A_line_that_is_no_order_says_why(string line, string reason) => AssertInvalid(line, reason);

    [Theory]
    [InlineData("[]", "no order lines")]
    [InlineData("{}", "lines is not an array")]
    [InlineData("[1]", "order line 1 is not a JSON object")]
    [InlineData("""[{"quantity":1}]""", "sku of order line 1 is missing")]
    [InlineData("""[{"sku":"s-1"}]""", "quantity of order line 1 is missing")]
    [InlineData(
        """[{"sku":"s-1","quantity":1},{"sku":"s-9","quantity":1}]""",
        "product \"s-9\" of order line 2 is unknown")]
    [InlineData("""[{"sku":7,"quantity":1}]""", "sku of order line 1 is not a string")]
    [InlineData("""[{"sku":"s-1","quantity":0}]""", "not positive")]
    [InlineData("""[{"sku":"s-1","quantity":-1}]""", "not positive")]
    [InlineData("""[{"sku":"s-1","quantity":2.0}]""", "not an integer")]
    [InlineData("""[{"sku":"s-1","quantity":2e0}]""", "not an integer")]
    [InlineData("""[{"sku":"s-1","quantity":"2"}]""", "not an integer")]
    [InlineData("""[{"sku":"s-1","quantity":true}]""", "not an integer")]
    [InlineData("""[{"sku":"s-1","quantity":9223372036854775808}]""", "does not fit into 64 bits")]
    [InlineData(
        """[{"sku":"s-1","quantity":99999999999999999999999999999999999999999999}]""",
        "does not fit into 64 bits")]
    public void Order_lines_that_cannot_be_ordered_say_why(string lines, string reason) =>
        AssertInvalid(Given.Line(lines: lines), reason);

    [Theory]
    [InlineData("-1", "amount is negative")]
    [InlineData("2.0", "amount is not an integer")]
    [InlineData("1E2", "amount is not an integer")]
    [InlineData("\"2\"", "amount is not an integer")]
    [InlineData("null", "amount is not an integer")]
    [InlineData("9223372036854775808", "amount does not fit into 64 bits")]
    public void An_amount_that_cannot_be_paid_says_why(string amount, string reason) =>
        AssertInvalid(Given.Line(amount: amount), reason);

    [Theory]
    [InlineData("0")]
    [InlineData("-0")]
    [InlineData("9223372036854775807")]
    public void Amounts_at_the_bounds_are_well_formed(string amount) =>
        Assert.Equal(long.Parse(amount, null), Assert.Single(Given.File(Given.Line(amount: amount)).Orders).Amount);

    [Fact]
    public void An_unknown_customer_is_named() =>
        AssertInvalid(Given.Line(customer: "c-9"), "customer \"c-9\" is unknown");

    [Fact]
    public void A_name_from_the_file_cannot_write_on_the_terminal() =>
        AssertInvalid(Given.Line(customer: """\u001b[2J"""), """customer "\u001B[2J" is unknown""");

    [Fact]
    public void Further_fields_are_ignored_however_they_look()
    {
        string deep = new string('[', 5_000) + new string(']', 5_000);
        string line = Given.Line().Insert(1, "\"x\":" + deep + ",\"\\ud800\":1e999999,\"note\":{\"id\":\"other\"},");

        Assert.Equal("o-1", Assert.Single(Given.File(line).Orders).Id);
    }

    [Fact]
    public void Of_a_field_that_is_written_twice_the_last_one_counts()
    {
        OrderFile file = Given.File(Given.Line().Insert(1, "\"amount\":\"nonsense\","));

        Assert.Equal(5, Assert.Single(file.Orders).Amount);
    }

    [Fact]
    public void Escaped_and_plain_spellings_are_the_same_text()
    {
        OrderFile file = Given.File(
            Given.Line().Replace("\"id\"", "\"\\u0069d\"", StringComparison.Ordinal), Given.Line(id: "o\\u002d1"));

        Assert.Equal("o-1", Assert.Single(file.Orders).Id);
        Assert.Equal(2, Assert.Single(file.InvalidLines).Line);
    }

    [Fact]
    public void Blank_lines_a_byte_order_mark_and_carriage_returns_are_skipped()
    {
        OrderFile file = Given.File(
            "\uFEFF" + Given.Line(id: "o-1") + "\r", "", " \t\r", "\u00A0", Given.Line(id: "o-2"), "");

        Assert.Equal(["o-1", "o-2"], file.Orders.Select(order => order.Id));
        Assert.Empty(file.InvalidLines);
    }

    [Fact]
    public void Blank_lines_count_in_line_numbers() =>
        Assert.Equal([3L, 4L], Given.File("", Given.Line(), "x", "y").InvalidLines.Select(invalid => invalid.Line));

    [Fact]
    public void A_line_that_is_not_utf8_spoils_only_itself()
    {
        byte[] order = System.Text.Encoding.UTF8.GetBytes(Given.Line());
        byte[] bytes = [.. "{\"x\":\""u8, 0xFF, 0xC3, .. "\"}\n"u8, .. order];

        OrderFile file = Given.File(bytes);

        Assert.Single(file.Orders);
        Assert.Contains("UTF-8", Assert.Single(file.InvalidLines).Reason, StringComparison.Ordinal);
    }

    [Fact]
    public void The_id_of_an_earlier_order_is_refused_and_its_line_named()
    {
        OrderFile file = Given.File(Given.Line(), Given.Line(amount: "6"));

        Assert.Equal(5, Assert.Single(file.Orders).Amount);
        Assert.Equal(new InvalidLine(2, "id \"o-1\" is that of the order in line 1"), Assert.Single(file.InvalidLines));
    }

    [Fact]
    public void A_malformed_line_does_not_use_up_its_id()
    {
        OrderFile file = Given.File(Given.Line(amount: "2.0"), Given.Line(customer: "c-9"), Given.Line(amount: "6"));

        Assert.Equal(6, Assert.Single(file.Orders).Amount);
        Assert.Equal(2, file.InvalidLines.Count);
    }

    [Fact]
    public void A_last_line_without_a_line_feed_counts() => Assert.Single(Given.File(Given.Line()).Orders);

    [Fact]
    public void A_line_longer_than_a_buffer_is_read_whole()
    {
        string line = Given.Line().Insert(1, $"\"note\":\"{new string('x', 300_000)}\",");

        Assert.Equal(2, Given.File(line, Given.Line(id: "o-2")).Orders.Count);
    }

    [Fact]
    public void A_missing_file_is_one_sentence()
    {
        CliException error = Assert.Throws<CliException>(
            () => OrderFile.Read("/no/such/orders.jsonl", Given.Initial()));

        Assert.Equal(ExitCode.Environment, error.ExitCode);
        Assert.Equal(
            "The orders file /no/such/orders.jsonl cannot be read: there is no such file; name a readable file.",
            error.Message);
    }

    [Fact]
    public void A_folder_is_not_a_file() =>
        Assert.Contains(
            "it is a folder",
            Assert.Throws<CliException>(() => OrderFile.Read(Path.GetTempPath(), Given.Initial())).Message,
            StringComparison.Ordinal);

    private static void AssertInvalid(string line, string reason)
    {
        OrderFile file = Given.File(line);

        Assert.Empty(file.Orders);
        Assert.Contains(reason, Assert.Single(file.InvalidLines).Reason, StringComparison.Ordinal);
    }
}

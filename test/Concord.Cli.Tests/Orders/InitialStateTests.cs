using Concord.Cli.Orders;

namespace Concord.Cli.Tests.Orders;

public sealed class InitialStateTests
{
    [Fact]
    public void Stock_and_accounts_are_read()
    {
        InitialState initial = Given.Initial(
            "\uFEFF" + """{"more":[1],"stock":{"s-1":7},"accounts":{"c-1":9223372036854775807}}""");

        Assert.Equal(7, initial.Stock["s-1"]);
        Assert.Equal(long.MaxValue, initial.Accounts["c-1"]);
    }

    [Theory]
    [InlineData("""[]""", "it is not a JSON object")]
    [InlineData("""{"stock":{}""", "it is not JSON")]
    [InlineData("""{"stock":{},"accounts":{}} x""", "it is not JSON")]
    [InlineData("""{"stock":{}}""", "accounts is missing")]
    [InlineData("""{"accounts":{}}""", "stock is missing")]
    [InlineData("""{"stock":[],"accounts":{}}""", "stock is not a JSON object")]
    [InlineData("""{"stock":{"s-1":-1},"accounts":{}}""", "stock of \"s-1\" is negative")]
    [InlineData("""{"stock":{"s-1":1.0},"accounts":{}}""", "stock of \"s-1\" is not an integer")]
    [InlineData("""{"stock":{},"accounts":{"c-1":"5"}}""", "accounts of \"c-1\" is not an integer")]
    public void What_is_no_initial_state_is_refused_in_one_sentence(string text, string reason)
    {
        CliException error = Assert.Throws<CliException>(() => Given.Initial(text));

        Assert.Equal(ExitCode.Environment, error.ExitCode);
        Assert.Contains(reason, error.Message, StringComparison.Ordinal);
    }

    [Fact]
    public void The_fingerprint_is_that_of_the_contents_and_not_of_the_file() => Assert.Equal(
        Given.Initial("""{"stock":{"a":1,"b":2},"accounts":{}}""").Fingerprint,
        Given.Initial("""{ "accounts": {}, "stock": {"b":2, "a":1} }""").Fingerprint);

    [Theory]
    [InlineData("""{"stock":{"a":1},"accounts":{}}""", """{"stock":{},"accounts":{"a":1}}""")]
    [InlineData("""{"stock":{"a":1},"accounts":{}}""", """{"stock":{"a":2},"accounts":{}}""")]
    [InlineData("""{"stock":{"a 1\n1 b":1},"accounts":{}}""", """{"stock":{"a":1,"b":1},"accounts":{}}""")]
    public void Different_contents_have_different_fingerprints(string left, string right) =>
        Assert.NotEqual(Given.Initial(left).Fingerprint, Given.Initial(right).Fingerprint);
}

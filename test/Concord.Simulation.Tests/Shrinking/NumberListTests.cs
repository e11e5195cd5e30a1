using Concord.Simulation.Shrinking;

namespace Concord.Simulation.Tests.Shrinking;

public sealed class NumberListTests
{
    [Theory]
    [InlineData("3,17,40-44", new[] { 3, 17, 40, 41, 42, 43, 44 })]
    [InlineData("0", new[] { 0 })]
    [InlineData("1,2,10001-10003", new[] { 1, 2, 10001, 10002, 10003 })]
    public void A_list_reads_as_it_was_written(string text, int[] numbers)
    {
        Assert.Equal(numbers, NumberList.Read(text));
        Assert.Equal(text, NumberList.Write(numbers.Reverse()));
    }

    [Fact]
    public void Nothing_kept_is_a_number_that_nothing_has() => Assert.Equal("0", NumberList.Write([]));

    [Theory]
    [InlineData("")]
    [InlineData("3,")]
    [InlineData("5-3")]
    [InlineData("1-2-3")]
    [InlineData("x")]
    [InlineData("-1")]
    [InlineData("0-2000000000")]
    public void What_is_no_list_is_refused_by_name(string text) =>
        Assert.Contains("3,17,40-44", Assert.Throws<FormatException>(() => NumberList.Read(text)).Message,
            StringComparison.Ordinal);
}

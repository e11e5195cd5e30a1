using Concord.Cli.Orders;

namespace Concord.Cli.Tests.Orders;

public sealed class OrderPlanTests
{
    [Fact]
    public void Lines_of_one_product_are_summed_where_it_occurs_first()
    {
        OrderPlan plan = OrderPlan.Of(Given.Order("o", "c", 1, ("b", 2), ("a", 1), ("b", 3)));

        Assert.Equal([new("b", "stock/b", -5), new("a", "stock/a", -1)], plan.Changes);
        Assert.Equal([new OrderLine("b", 5), new OrderLine("a", 1)], plan.Totals);
    }

    [Theory]
    [InlineData(long.MaxValue, 1L)]
    [InlineData(long.MaxValue, long.MaxValue)]
    [InlineData(1L << 62, 1L << 62)]
    public void A_sum_beyond_64_bits_takes_more_than_any_stock_can_hold(long first, long second)
    {
        OrderPlan plan = OrderPlan.Of(Given.Order("o", "c", 1, ("a", first), ("a", second), ("a", 1)));

        Assert.Equal(long.MinValue, Assert.Single(plan.Changes).Delta);
        Assert.True(long.MaxValue + Assert.Single(plan.Changes).Delta < 0);
    }

    [Fact]
    public void The_shipment_lies_with_the_outcome_of_the_key()
    {
        OrderPlan plan = OrderPlan.Of(Given.Order("o-1", "c-1", 1, ("s-1", 1)));

        Assert.Equal(("o-1", "shipment/{o-1}", "account/c-1"), (plan.Key, plan.Shipment, plan.Account));
    }

    [Theory]
    [InlineData("")]
    [InlineData("%")]
    [InlineData("{a}")]
    [InlineData("a}b{c")]
    [InlineData("zero\0character")]
    [InlineData("ключ 🔑")]
    public void Any_id_becomes_a_name_within_the_bounds(string id)
    {
        foreach (string text in (string[])[id, id + new string('x', 400), id + new string('я', 60_000)])
        {
            string key = RecordNames.Key(text);
            Assert.InRange(System.Text.Encoding.UTF8.GetByteCount(key), 1, 256);
            Assert.InRange(System.Text.Encoding.UTF8.GetByteCount(RecordNames.Shipment(text)), 1, 512);
            Assert.DoesNotContain(key, character => character is '\0' or '{' or '}');
        }
    }

    [Fact]
    public void Different_ids_have_different_names()
    {
        string[] ids = ["", "%", "%25", "{", "}", "%7B", "a", "A", "é", "e\u0301", new('x', 300), new('x', 301), "%#"];

        Assert.Equal(ids.Length, ids.Select(RecordNames.Key).Distinct(StringComparer.Ordinal).Count());
    }

    [Fact]
    public void An_order_of_more_products_than_a_transaction_can_touch_says_so()
    {
        string stock = string.Join(',', Enumerable.Range(1, OrderPlan.ProductsMax + 1).Select(i => $"\"p-{i}\":1"));
        InitialState initial = Given.Initial($$$"""{"stock":{{{{stock}}}},"accounts":{"c-1":1}}""");
        string Lines(int count) =>
            $"[{string.Join(',', Enumerable.Range(1, count).Select(i => $$$"""{"sku":"p-{{{i}}}","quantity":1}"""))}]";
        OrderParser parser = new(initial);

        Order Parse(int count) => parser.Parse(System.Text.Encoding.UTF8.GetBytes(Given.Line(lines: Lines(count))));

        Assert.Equal(OrderPlan.ProductsMax, Parse(OrderPlan.ProductsMax).Lines.Count);
        Assert.Contains(
            $"more than {OrderPlan.ProductsMax}",
            Assert.Throws<InvalidLineException>(() => Parse(OrderPlan.ProductsMax + 1)).Message,
            StringComparison.Ordinal);
    }
}

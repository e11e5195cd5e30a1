using Concord.Cli.Commands;
using Concord.Cli.Orders;

namespace Concord.Cli.Tests.Orders;

public sealed class SampleTests
{
    [Fact]
    public void The_sample_is_ten_thousand_orders_with_a_fair_share_of_refusals()
    {
        InitialState initial = InitialState.Read(DemoCommand.SamplePath("initial.json"));
        OrderFile file = OrderFile.Read(DemoCommand.SamplePath("orders.jsonl"), initial);
        SequentialModel model = new SequentialModel(File.ReadAllText(DemoCommand.SamplePath("initial.json")))
            .Place(File.ReadAllText(DemoCommand.SamplePath("orders.jsonl")));

        Assert.Equal((200, 500), (initial.Stock.Count, initial.Accounts.Count));
        Assert.Equal(10_000, file.Orders.Count);
        Assert.Empty(file.InvalidLines);
        Assert.Equal(10_000, model.Orders);
        Assert.InRange(model.OutOfStock + model.InsufficientFunds, 800, 1_500);
        Assert.InRange(model.OutOfStock, 200, 1_300);
        Assert.InRange(model.InsufficientFunds, 200, 1_300);
    }

    [Fact]
    public void Most_orders_have_several_products() => Assert.True(
        OrderFile.Read(
            DemoCommand.SamplePath("orders.jsonl"), InitialState.Read(DemoCommand.SamplePath("initial.json")))
            .Orders.Count(order => OrderPlan.Of(order).Changes.Count > 1) > 5_000);
}

using Concord.Cli.Orders;

namespace Concord.Cli.Tests.Orders;

public sealed class DemoAuditTests
{
    private static readonly Order s_first = Given.Order("o-1", "c-1", 100, ("s-1", 2), ("s-2", 1));
    private static readonly Order s_second = Given.Order("o-2", "c-2", 50, ("s-1", 1));
    private static readonly Order s_refused = Given.Order("o-3", "c-2", 500, ("s-1", 1));
    private static readonly OrderOutcome[] s_outcomes =
        [OrderOutcome.Committed, OrderOutcome.Committed, OrderOutcome.InsufficientFunds];

    [Fact]
    public void What_is_as_it_must_be_passes()
    {
        IReadOnlyList<AuditCheck> audit = Check(State());

        Assert.All(audit, check => Assert.True(check.Passed, check.Detail));
        Assert.Equal("1050 - 150 = 900", audit[0].Detail);
    }

    [Theory]
    [InlineData(899, 0)]
    [InlineData(901, 0)]
    [InlineData(800, 100)]
    public void Money_that_is_not_where_it_must_be_is_found(long first, long second) =>
        AssertFails("Money conserved", Check(State(first, second)));

    [Fact]
    public void Stock_that_was_taken_twice_is_found() => AssertFails("Stock conserved", Check(State(stock: 5)));

    [Fact]
    public void A_negative_number_is_found() => AssertFails("Nothing negative", Check(State(second: -1)));

    [Fact]
    public void A_missing_shipment_is_found() =>
        AssertFails("One shipment per order", Check(State(shipments: [Shipped(s_first)])));

    [Fact]
    public void A_shipment_of_a_refused_order_is_found() => AssertFails(
        "One shipment per order", Check(State(shipments: [Shipped(s_first), Shipped(s_second), Shipped(s_refused)])));

    [Fact]
    public void A_second_shipment_is_found() => AssertFails(
        "One shipment per order", Check(State(shipments: [Shipped(s_first), Shipped(s_second), Shipped(s_second)])));

    [Fact]
    public void A_shipment_of_something_else_is_found() => AssertFails(
        "One shipment per order", Check(State(shipments: [Shipped(s_first), Shipped(s_second with { Amount = 51 })])));

    [Fact]
    public void An_unresolved_order_is_found() => AssertFails(
        "Nothing unresolved", Check(
            State(), [OrderOutcome.Committed, OrderOutcome.Committed, OrderOutcome.Unresolved]));

    [Fact]
    public void Shipments_of_earlier_runs_count_with_what_was_shipped_then()
    {
        Shipment earlier = Shipped(Given.Order("o-0", "c-1", 7, ("s-2", 1)));

        IReadOnlyList<AuditCheck> audit = DemoAudit.Check(
            Given.Initial(), [earlier], [s_first, s_second, s_refused], s_outcomes,
            State(first: 893, secondStock: 3, shipments: [earlier, Shipped(s_first), Shipped(s_second)]));

        Assert.All(audit, check => Assert.True(check.Passed, check.Detail));
    }

    private static IReadOnlyList<AuditCheck> Check(FinalState state, OrderOutcome[]? outcomes = null) =>
        DemoAudit.Check(Given.Initial(), [], [s_first, s_second, s_refused], outcomes ?? s_outcomes, state);

    private static FinalState State(
        long first = 900, long second = 0, long stock = 7, long secondStock = 4, Shipment[]? shipments = null) => new(
        [new("s-1", stock), new("s-2", secondStock)],
        [new("c-1", first), new("c-2", second)],
        shipments ?? [Shipped(s_first), Shipped(s_second)]);

    private static Shipment Shipped(Order order) => Shipment.Of(OrderPlan.Of(order));

    private static void AssertFails(string name, IReadOnlyList<AuditCheck> audit) =>
        Assert.False(audit.Single(check => check.Name == name).Passed);
}

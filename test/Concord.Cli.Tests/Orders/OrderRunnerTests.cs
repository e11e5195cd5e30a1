using Concord.Cli.Orders;
using Concord.Cli.Tests.Fakes;

namespace Concord.Cli.Tests.Orders;

public sealed class OrderRunnerTests
{
    private readonly FakeConcord _concord = new();
    private readonly InstantTime _time = new();
    private readonly Events _events = new();

    [Fact]
    public async Task Orders_are_placed_as_if_one_after_the_other()
    {
        string orders = RandomOrders(600);
        SequentialModel model = new SequentialModel(Given.InitialText).Place(orders);

        OrderRun run = await PlaceAsync(orders, clients: 1);

        AssertAsModel(model, run);
    }

    [Theory]
    [InlineData(1)]
    [InlineData(8)]
    public async Task Whatever_goes_wrong_every_order_is_settled_once(int clients)
    {
        string orders = RandomOrders(600);
        SequentialModel model = new SequentialModel(Given.InitialText).Place(orders);
        _concord.Trouble = number => (Trouble)(number * 7 % 11 % 5);

        OrderRun run = await PlaceAsync(orders, clients);

        Assert.Equal(0, run.Count(OrderOutcome.Unresolved));
        Assert.Equal(run.Count(OrderOutcome.Committed), _concord.Values.Keys.Count(IsShipment));
        Assert.True(_concord.Transactions > 600);
        if (clients == 1)
        {
            AssertAsModel(model, run);
        }
    }

    [Fact]
    public async Task Out_of_stock_is_told_before_insufficient_funds()
    {
        OrderRun run = await PlaceAsync(
            Given.Line(lines: """[{"sku":"s-1","quantity":11}]""", amount: "2000") + "\n" + Given.Line(
                id: "o-2", amount: "2000"), 1);

        Assert.Equal([OrderOutcome.OutOfStock, OrderOutcome.InsufficientFunds], run.Outcomes);
        Assert.DoesNotContain(_concord.Values.Keys, IsShipment);
    }

    [Fact]
    public async Task Quantities_beyond_64_bits_are_out_of_stock()
    {
        string line = Given.Line(
            lines: """[{"sku":"s-1","quantity":9223372036854775807},{"sku":"s-1","quantity":9223372036854775807}]""");

        Assert.Equal([OrderOutcome.OutOfStock], (await PlaceAsync(line, 1)).Outcomes);
    }

    [Fact]
    public async Task Orders_that_an_earlier_run_placed_are_not_asked_for_again()
    {
        OrderFile file = Given.File(Given.Line(), Given.Line(id: "o-2"));
        await new InitialLoad(_concord, _time).RunAsync(Given.Initial(), default);

        OrderRun run = await Runner().RunAsync(file.Orders, ["o-1"], 1, default);

        Assert.Equal([OrderOutcome.Committed, OrderOutcome.Committed], run.Outcomes);
        Assert.Single(run.Latencies);
        Assert.Equal(["shipment/{o-2}"], _concord.Values.Keys.Where(IsShipment));
    }

    [Fact]
    public async Task Orders_are_started_in_the_order_of_the_file()
    {
        await PlaceAsync(RandomOrders(200), clients: 16);

        Assert.Equal(Enumerable.Range(0, _events.Places.Count), _events.Places);
        Assert.Equal(_events.Places.Count, _events.Settlements);
    }

    [Fact]
    public async Task The_silence_begins_with_the_fault_and_ends_with_a_commit()
    {
        _events.FaultAt = 1;

        OrderRun run = await PlaceAsync(Given.Line() + "\n" + Given.Line(id: "o-2") + "\n" + Given.Line(id: "o-3"), 1);

        Assert.True(run.LongestSilence > TimeSpan.Zero);
        Assert.True(run.LongestSilence < run.Elapsed);
    }

    [Fact]
    public async Task Without_a_fault_there_is_no_silence() =>
        Assert.Equal(TimeSpan.Zero, (await PlaceAsync(RandomOrders(20), 4)).LongestSilence);

    [Fact]
    public async Task A_failure_that_is_not_transient_ends_the_run()
    {
        _concord.Trouble = number => number == 5 ? throw new EngineStoppedException("Damaged.") : Trouble.None;

        await Assert.ThrowsAsync<EngineStoppedException>(() => PlaceAsync(RandomOrders(100), 4));
    }

    [Fact]
    public async Task Cancelling_ends_the_run()
    {
        using CancellationTokenSource stop = new();
        _concord.Trouble = number => number == 5 ? Cancel(stop) : Trouble.None;

        await Assert.ThrowsAnyAsync<OperationCanceledException>(
            () => Runner().RunAsync(Given.File(RandomOrders(100)).Orders, [], 4, stop.Token));
    }

    private static Trouble Cancel(CancellationTokenSource stop)
    {
        stop.Cancel();
        return Trouble.Unavailable;
    }

    private OrderRunner Runner() => new(new OrderPlacer(_concord, _time), _events, _time);

    private async Task<OrderRun> PlaceAsync(string orders, int clients)
    {
        await new InitialLoad(_concord, _time).RunAsync(Given.Initial(), default);
        return await Runner().RunAsync(Given.File(orders).Orders, [], clients, default);
    }

    private void AssertAsModel(SequentialModel model, OrderRun run)
    {
        Assert.Equal(model.OutOfStock, run.Count(OrderOutcome.OutOfStock));
        Assert.Equal(model.InsufficientFunds, run.Count(OrderOutcome.InsufficientFunds));
        Assert.Equal(
            model.Shipments,
            _concord.Values.Keys.Where(IsShipment).Select(name => name[10..^1]).Order(StringComparer.Ordinal));
        Assert.Equal(model.Stock, Strip("stock/"));
        Assert.Equal(model.Accounts, Strip("account/"));
    }

    private Dictionary<string, long> Strip(string prefix) => _concord.Counters
        .Where(counter => counter.Key.StartsWith(prefix, StringComparison.Ordinal))
        .ToDictionary(counter => counter.Key[prefix.Length..], counter => counter.Value);

    private static bool IsShipment(string name) =>
        name.StartsWith(RecordNames.ShipmentPrefix, StringComparison.Ordinal);

    /// <summary>Small orders, so that the little there is lasts for a while and all three outcomes occur.</summary>
    private static string RandomOrders(int count)
    {
        Random random = new(7);
        return string.Join('\n', Enumerable.Range(1, count).Select(number => Given.Line(
            id: $"o-{number % (count * 9 / 10)}",
            customer: random.Next(3) > 0 ? "c-1" : "c-2",
            lines: $"[{Line(random.Next(1, 3), random.Next(0, 3))},{Line(1, 1)}]",
            amount: random.Next(-2, 300).ToString(null, null))));
    }

    private static string Line(int product, int quantity) => $$"""{"sku":"s-{{product}}","quantity":{{quantity}}}""";

    private sealed class Events : IOrderRunEvents
    {
        private int _settlements;

        public List<int> Places { get; } = [];

        public int Settlements => _settlements;

        public int FaultAt { get; set; } = -1;

        public bool Started(int place)
        {
            Places.Add(place);
            return place == FaultAt;
        }

        public void Settled(int count) => Interlocked.Increment(ref _settlements);
    }
}

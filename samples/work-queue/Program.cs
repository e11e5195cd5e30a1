using Concord;
using Concord.Samples;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Hosting;
using Microsoft.Extensions.Logging;

const int OrderCount = 50;

return args switch
{
    ["produce", string name, string address] => await ProduceAsync(name, address),
    ["handle", string name, string address] => await HandleAsync(name, address),
    _ => await Story.TellAsync(TellAsync),
};

static async Task TellAsync(string folder, System.Threading.Channels.Channel<Told> told)
{
    string[] members = Loopback.FreeAddresses(1);
    await using IConcordHost node = await ConcordHost.StartAsync(c => c
        .UseMember(Path.Combine(folder, "node"), members[0], members)
        .AddQueue(Shop.Orders, q => q.MaxFailures = 3));
    IConcord concord = node.Concord;
    IConcordQueue<Order> orders = concord.GetQueue<Order>(Shop.Orders);
    IConcordCounter shipped = concord.GetCounter(Shop.Shipped);

    Story.Step($"Two producers enqueue the same {OrderCount} orders.");
    await using var one = ChildProcess.Start("producer 1", told.Writer, "produce", "producer-1", members[0]);
    await using var two = ChildProcess.Start("producer 2", told.Writer, "produce", "producer-2", members[0]);
    Story.Check(await one.EndAsync() == 0 && await two.EndAsync() == 0, "a producer failed");
    Story.Check((await orders.DescribeAsync()).Ready == OrderCount, "an order is missing, or there twice");

    Story.Step("A process ships them, and is killed in the middle. Another goes on.");
    await using var left = ChildProcess.Start("handler 1", told.Writer, "handle", "handler-1", members[0]);
    await told.Reader.ExpectAsync(
        each => each.Name == "handler 1" && each.Line.StartsWith("shipped", StringComparison.Ordinal), "shipped");
    left.Kill();
    await using var right = ChildProcess.Start("handler 2", told.Writer, "handle", "handler-2", members[0]);
    await Telling.UntilAsync(async () => await shipped.GetAsync() == OrderCount - 1, "all but one are shipped");
    await Telling.UntilAsync(
        async () => (await orders.DescribeAsync()).DeadLettered == 1, "the poison is a dead letter");

    IConcordQueue<Order> dead = concord.GetQueue<Order>((await orders.DescribeAsync()).DeadLetterQueue!);
    Story.Step($"All are shipped but one, which lies in {dead.Name}. The mistake is mended, and it goes round again.");
    await concord.GetValue<bool>(Shop.KnowsUnicorns).SetAsync(true);
    while (await dead.TryReceiveAsync(TimeSpan.Zero) is { } letter)
    {
        await concord.RunTransactionAsync((tx, _) =>
        {
            tx.Complete(letter);
            tx.Enqueue(orders, letter.Message);
            return Task.CompletedTask;
        });
    }

    await Telling.UntilAsync(async () => await shipped.GetAsync() >= OrderCount, "all are shipped");
    Story.Check(await right.EndAsync() == 0, "handler 2 did not stop cleanly");
    QueueDescription end = await orders.DescribeAsync();
    Story.Step($"{await shipped.GetAsync()} shipped; {end.Ready + end.Delayed + end.InFlight} left.");
    Story.Check(await shipped.GetAsync() == OrderCount, "an order was shipped twice");
    Story.Check(end is { Ready: 0, Delayed: 0, InFlight: 0 }, "something is left in the queue");
    Story.Check(await dead.TryReceiveAsync(TimeSpan.Zero) is null, "something is left among the dead letters");
}

static async Task<int> ProduceAsync(string name, string address)
{
    await using IConcordHost host = await ConcordHost.StartAsync(c => c.UseServer(address).Called(name));
    IConcordQueue<Order> orders = host.Concord.GetQueue<Order>(Shop.Orders);
    int mine = 0;
    for (int i = 1; i <= OrderCount; i++)
    {
        var order = new Order($"o-{i}", i == 13 ? Shop.Unicorn : "horse");
        mine += await orders.EnqueueAsync(order, new EnqueueOptions { MessageId = order.Id }) ? 1 : 0;
    }

    Console.WriteLine($"enqueued {mine} orders; {OrderCount - mine} were there already");
    return 0;
}

static async Task<int> HandleAsync(string name, string address)
{
    HostApplicationBuilder builder = Host.CreateApplicationBuilder();
    builder.Logging.ClearProviders();
    builder.Services.AddConcord().UseServer(address).Called(name).AddQueueHandler<Order, ShipOrder>(
        Shop.Orders,
        o =>
        {
            o.MaxConcurrency = 4;
            o.RetryDelay = TimeSpan.FromMilliseconds(50);
        });
    using IHost host = builder.Build();
    await host.StartAsync();
    await Task.Run(static () =>
    {
        while (Console.ReadLine() is not null)
        {
        }
    });
    await host.StopAsync();
    return 0;
}

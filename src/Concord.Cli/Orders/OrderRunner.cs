namespace Concord.Cli.Orders;

/// <summary>
/// Places the orders of a file with a number of clients, each with one order at a time, taken in the order of the file.
/// With one client the outcome depends on the file only.
/// </summary>
/// <param name="placer">Places one.</param>
/// <param name="events">Told how far it is.</param>
/// <param name="time">The clock of the measurements.</param>
internal sealed class OrderRunner(OrderPlacer placer, IOrderRunEvents events, TimeProvider time)
{
    /// <summary>When no order at all has been settled for so long, the rest is given up as unresolved.</summary>
    public static readonly TimeSpan StallLimit = TimeSpan.FromMinutes(2);

    private readonly Lock _lock = new();
    private readonly CommitSilence _silence = new(time);
    private readonly List<TimeSpan> _latencies = [];
    private IReadOnlyList<Order> _orders = [];
    private HashSet<string> _placedBefore = [];
    private OrderOutcome[] _outcomes = [];
    private int _next;
    private int _settled;

    /// <param name="orders">What to place.</param>
    /// <param name="placedBefore">Ids that earlier runs on the same data have placed: their shipments exist, and asking
    /// again is left out, because the cluster keeps idempotency keys for a day only.</param>
    /// <param name="clients">How many at once; at least 1.</param>
    /// <param name="cancellationToken">Gives up.</param>
    public async Task<OrderRun> RunAsync(
        IReadOnlyList<Order> orders, HashSet<string> placedBefore, int clients, CancellationToken cancellationToken)
    {
        (_orders, _placedBefore, _outcomes) = (orders, placedBefore, new OrderOutcome[orders.Count]);
        long start = time.GetTimestamp();
        using CancellationTokenSource stalled = CancellationTokenSource.CreateLinkedTokenSource(cancellationToken);
        await using (new StallWatch(() => Volatile.Read(ref _settled), StallLimit, stalled, time))
        {
            await Task.WhenAll(Enumerable.Range(0, clients).Select(_ => RunClientAsync(stalled)));
        }

        cancellationToken.ThrowIfCancellationRequested();
        _latencies.Sort();
        return new OrderRun
        {
            Outcomes = _outcomes,
            Latencies = _latencies,
            Elapsed = time.GetElapsedTime(start),
            LongestSilence = _silence.End(),
        };
    }

    private async Task RunClientAsync(CancellationTokenSource stop)
    {
        // Without the yield the first client would run alone as long as its calls complete at once.
        await Task.Yield();
        try
        {
            await PlaceOrdersAsync(stop.Token);
        }
        catch
        {
            // One client that cannot go on stops all: its error is what the run ends with.
            await stop.CancelAsync();
            throw;
        }
    }

    private async Task PlaceOrdersAsync(CancellationToken cancellationToken)
    {
        while (!cancellationToken.IsCancellationRequested)
        {
            Task<OrderOutcome> placing;
            long start = time.GetTimestamp();
            int place;
            lock (_lock)
            {
                if (_next == _orders.Count)
                {
                    return;
                }

                place = _next++;
                placing = StartPlacing(place, cancellationToken);
            }

            await SettleAsync(place, placing, start);
        }
    }

    /// <summary>Under the lock: orders are sent in the order of the file, and a fault hits an order on its
    /// way.</summary>
    private Task<OrderOutcome> StartPlacing(int place, CancellationToken cancellationToken)
    {
        Order order = _orders[place];
        Task<OrderOutcome> placing = _placedBefore.Contains(order.Id)
            ? Task.FromResult(OrderOutcome.Committed)
            : placer.PlaceAsync(OrderPlan.Of(order), cancellationToken);
        if (events.Started(place))
        {
            _silence.Fault();
        }

        return placing;
    }

    private async Task SettleAsync(int place, Task<OrderOutcome> placing, long start)
    {
        try
        {
            _outcomes[place] = await placing;
        }
        catch (OperationCanceledException)
        {
            return;
        }

        bool isNew = !_placedBefore.Contains(_orders[place].Id);
        if (isNew && _outcomes[place] == OrderOutcome.Committed)
        {
            _silence.Commit();
        }

        int settled;
        lock (_lock)
        {
            settled = ++_settled;
            if (isNew)
            {
                _latencies.Add(time.GetElapsedTime(start));
            }
        }

        events.Settled(settled);
    }
}

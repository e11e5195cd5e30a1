using System.Collections.Concurrent;
using Concord;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Hosting;

namespace Concord.Conformance.Hosts;

/// <summary>Leader workers and queue handlers in three real hosts that are members of one cluster.</summary>
public sealed class ServiceTests : IAsyncDisposable
{
    private readonly Applications _applications = new();

    public ValueTask DisposeAsync() => _applications.DisposeAsync();

    [Fact]
    public async Task When_the_leaders_host_stops_another_takes_over_after_the_worker_has_ended()
    {
        var terms = new Terms();
        IHost[] hosts = await _applications.StartThreeAsync((i, builder) =>
        {
            builder.Services.AddSingleton(terms);
            builder.Services.AddSingleton(new HostNumber(i));
            builder.AddLeaderWorker<Worker>("job");
        });
        await Applications.UntilAsync(() => Task.FromResult(terms.Running is not null), "somebody leads");
        (int Host, FencingToken Term) first = terms.Running!.Value;

        await hosts[first.Host].StopAsync();

        await Applications.UntilAsync(
            () => Task.FromResult(terms.Running is { } now && now.Host != first.Host), "another leads");
        (int Host, FencingToken Term) second = terms.Running!.Value;
        Assert.True(second.Term > first.Term);
        Assert.False(terms.Overlapped, "two never ran at once: the first resigned when its worker had ended");
        IConcord other = Applications.ConcordOf(hosts[second.Host]);
        LeaderInfo? leader = await other.GetElection("job").GetLeaderAsync();
        Assert.Equal(($"host-{second.Host}", second.Term), (leader!.ProcessName, leader.Term));
        await Applications.UntilAsync(
            async () => (await other.GetValue<long>("term").GetAsync()).Value == second.Term.Value,
            "its fenced write went through");
        Assert.Equal(terms.Instances, terms.Scopes);
    }

    [Fact]
    public async Task A_poison_message_is_dead_lettered_and_the_others_are_handled()
    {
        var handled = new ConcurrentBag<string>();
        IHost[] hosts = await _applications.StartThreeAsync((_, builder) =>
        {
            builder.Services.AddSingleton(handled);
            builder.AddQueue("q", static settings => settings.MaxFailures = 3);
            builder.AddQueueHandler<string, Handler>("q", static options =>
            {
                options.MaxConcurrency = 2;
                options.RetryDelay = TimeSpan.FromMilliseconds(20);
            });
        });
        IConcord concord = Applications.ConcordOf(hosts[0]);
        await concord.GetQueue<string>("q").EnqueueBatchAsync(
            ["poison", .. Enumerable.Range(0, 30).Select(static i => $"message-{i}")]);

        await Applications.UntilAsync(
            async () => await concord.GetQueue<string>("q").DescribeAsync() is
                { Ready: 0, InFlight: 0, Delayed: 0, DeadLettered: 1 },
            "all are done, and one is dead");

        Assert.Equal(3, handled.Count(static message => message == "poison"));
        Assert.Equal(30, handled.Distinct().Count(static message => message != "poison"));
        IDelivery<string>? dead = await concord.GetQueue<string>("{q}.dead").TryReceiveAsync(TimeSpan.Zero);
        Assert.Equal("poison", dead!.Message);
        await Task.WhenAll(hosts.Select(static host => host.StopAsync()));
    }

    private sealed record HostNumber(int Number);

    private sealed class Terms
    {
        private readonly Lock _lock = new();
        private readonly HashSet<object> _scopes = [];
        private (int Host, FencingToken Term)? _running;

        public bool Overlapped { get; private set; }

        public int Instances { get; private set; }

        public int Scopes
        {
            get
            {
                lock (_lock)
                {
                    return _scopes.Count;
                }
            }
        }

        public (int Host, FencingToken Term)? Running
        {
            get
            {
                lock (_lock)
                {
                    return _running;
                }
            }
        }

        public void Begin(int host, FencingToken term, object scope)
        {
            lock (_lock)
            {
                Overlapped |= _running is not null;
                _running = (host, term);
                _scopes.Add(scope);
                Instances++;
            }
        }

        public void End()
        {
            lock (_lock)
            {
                _running = null;
            }
        }
    }

    private sealed class Worker(Terms terms, HostNumber host, IConcord concord, IServiceProvider scope) : ILeaderWorker
    {
        public async Task RunAsync(ILeadership leadership, CancellationToken cancellationToken)
        {
            terms.Begin(host.Number, leadership.FencingToken, scope);
            try
            {
                await concord.GetValue<long>("term").SetAsync(
                    leadership.FencingToken.Value, new() { Fence = leadership.Fence }, cancellationToken);
                await Task.Delay(Timeout.InfiniteTimeSpan, cancellationToken);
            }
            finally
            {
                terms.End();
            }
        }
    }

    private sealed class Handler(ConcurrentBag<string> handled) : IQueueHandler<string>
    {
        public Task HandleAsync(IDelivery<string> delivery, CancellationToken cancellationToken)
        {
            handled.Add(delivery.Message);
            return delivery.Message == "poison" ? throw new FormatException("It is poison.") : Task.CompletedTask;
        }
    }
}

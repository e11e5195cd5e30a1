using Microsoft.Extensions.DependencyInjection;

namespace Concord.Cli.Tests.EndToEnd;

/// <summary>Callers that add to counters of all shards for as long as it runs, and what they were told.</summary>
internal sealed class CounterLoad : IAsyncDisposable
{
    private const int Counters = 12;

    private readonly long[] _acknowledged = new long[Counters];
    private readonly long[] _unknown = new long[Counters];
    private readonly CancellationTokenSource _stop = new();
    private readonly IConcordHost _host;
    private long _slowest;
    private Task _callers = Task.CompletedTask;

    private CounterLoad(IConcordHost host) => _host = host;

    public long Acknowledged => Enumerable.Range(0, Counters).Sum(i => Interlocked.Read(ref _acknowledged[i]));

    public static async Task<CounterLoad> StartAsync(IReadOnlyList<string> servers)
    {
        CounterLoad load = new(await ConcordHost.StartAsync(builder =>
        {
            builder.Services.Configure<ConcordOptions>(options => options.OperationTimeout = TimeSpan.FromSeconds(60));
            builder.UseServer(string.Join(',', servers));
        }));
        load._callers = Task.WhenAll(Enumerable.Range(0, Counters).Select(load.CallAsync));
        return load;
    }

    /// <summary>How long the slowest call took since this was last asked.</summary>
    public TimeSpan TakeSlowest() => TimeSpan.FromTicks(Interlocked.Exchange(ref _slowest, 0));

    /// <summary>Waits until so many more additions were acknowledged: the cluster goes on.</summary>
    public async Task GoesOnAsync(int additions = 50)
    {
        long until = Acknowledged + additions;
        using CancellationTokenSource limit = new(TimeSpan.FromSeconds(90));
        while (Acknowledged < until)
        {
            Assert.False(limit.IsCancellationRequested, "The cluster does not go on.");
            Assert.False(_callers.IsCompleted, $"A caller has ended: {_callers.Exception}");
            await Task.Yield();
        }
    }

    /// <summary>Stops, and looks whether each counter has every addition that was acknowledged, once.</summary>
    public async Task StopAndCheckAsync()
    {
        await _stop.CancelAsync();
        await _callers;
        for (int i = 0; i < Counters; i++)
        {
            long value = await _host.Concord.GetCounter($"c{i}").GetAsync();
            Assert.InRange(value, _acknowledged[i], _acknowledged[i] + _unknown[i]);
        }
    }

    public async ValueTask DisposeAsync()
    {
        await _stop.CancelAsync();
        await _host.DisposeAsync();
        _stop.Dispose();
    }

    private async Task CallAsync(int counter)
    {
        await Task.Yield();
        while (!_stop.IsCancellationRequested)
        {
            long began = TimeProvider.System.GetTimestamp();
            try
            {
                await _host.Concord.GetCounter($"c{counter}").AddAsync(1);
                long took = TimeProvider.System.GetElapsedTime(began).Ticks;
                for (long known; took > (known = Interlocked.Read(ref _slowest));)
                {
                    Interlocked.CompareExchange(ref _slowest, took, known);
                }

                Interlocked.Increment(ref _acknowledged[counter]);
            }
            catch (OutcomeUnknownException)
            {
                Interlocked.Increment(ref _unknown[counter]);
            }
            catch (EngineUnavailableException)
            {
                // Nothing happened.
            }
        }
    }
}

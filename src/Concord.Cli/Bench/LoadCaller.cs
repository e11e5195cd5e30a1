using System.Globalization;

namespace Concord.Cli.Bench;

/// <summary>One caller of the load: the next call begins when the last one has ended.</summary>
internal sealed class LoadCaller
{
    /// <summary>How many records the load is spread over.</summary>
    public const int Keys = 10_000;

    private static readonly TimeSpan s_errorPause = TimeSpan.FromMilliseconds(10);

    private readonly IConcord _concord;
    private readonly BenchOperation _operation;
    private readonly byte[] _value;
    private readonly TimeProvider _time;
    private readonly LatencyHistogram _latencies = new();
    private ulong _draw;

    /// <param name="number">Which caller; the seed of its draws.</param>
    /// <param name="concord">Its connection.</param>
    /// <param name="operation">What it calls.</param>
    /// <param name="valueBytes">How large a value is.</param>
    /// <param name="time">The clock.</param>
    public LoadCaller(int number, IConcord concord, BenchOperation operation, int valueBytes, TimeProvider time)
    {
        (_concord, _operation, _time, _draw) = (concord, operation, time, (ulong)number * 0x9E3779B97F4A7C15);
        _value = new byte[valueBytes];
        for (int i = 0; i < valueBytes; i++)
        {
            _value[i] = (byte)Draw();
        }
    }

    public LatencyHistogram Latencies => _latencies;

    public long Errors { get; private set; }

    /// <summary>Writes its share of the records, so that there is something to read.</summary>
    public async Task FillAsync(int first, int step, CancellationToken cancellationToken)
    {
        for (int key = first; key < Keys; key += step)
        {
            await ValueOf(key).SetAsync(_value, cancellationToken: cancellationToken);
        }
    }

    /// <summary>Calls until the window has ended.</summary>
    public async Task RunAsync(LoadWindow window, CancellationToken cancellationToken)
    {
        await Task.Yield();
        while (!window.IsOver)
        {
            bool isMeasured = window.IsOpen;
            long start = _time.GetTimestamp();
            bool succeeded = await CallAsync(cancellationToken);
            if (isMeasured && window.IsOpen)
            {
                Count(succeeded, _time.GetElapsedTime(start));
            }
        }
    }

    private void Count(bool succeeded, TimeSpan latency)
    {
        if (succeeded)
        {
            _latencies.Record(latency);
        }
        else
        {
            Errors++;
        }
    }

    private async Task<bool> CallAsync(CancellationToken cancellationToken)
    {
        try
        {
            IConcordValue<byte[]> value = ValueOf((int)(Draw() % Keys));
            if (_operation == BenchOperation.Put)
            {
                await value.SetAsync(_value, cancellationToken: cancellationToken);
            }
            else
            {
                await value.GetAsync(cancellationToken);
            }

            return true;
        }
        catch (ConcordException error) when (error.IsTransient)
        {
            await Task.Delay(s_errorPause, _time, cancellationToken);
            return false;
        }
    }

    private IConcordValue<byte[]> ValueOf(int key) =>
        _concord.GetValue(key.ToString("'bench/'D5", CultureInfo.InvariantCulture), BytesSerializer.Instance);

    /// <summary>SplitMix64: the same calls in every run.</summary>
    private ulong Draw()
    {
        _draw += 0x9E3779B97F4A7C15;
        ulong mixed = (_draw ^ (_draw >> 30)) * 0xBF58476D1CE4E5B9;
        mixed = (mixed ^ (mixed >> 27)) * 0x94D049BB133111EB;
        return mixed ^ (mixed >> 31);
    }
}

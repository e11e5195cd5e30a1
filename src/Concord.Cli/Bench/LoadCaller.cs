namespace Concord.Cli.Bench;

/// <summary>One caller of the load: the next call begins when the last one has ended.</summary>
internal sealed class LoadCaller
{
    /// <summary>How many records the load is spread over.</summary>
    public const int Keys = 10_000;

    /// <summary>How many locks there are, where each caller has one.</summary>
    public const int Locks = 64;

    private static readonly TimeSpan s_errorPause = TimeSpan.FromMilliseconds(10);

    private readonly int _number;
    private readonly ILoadConnection _connection;
    private readonly BenchOperation _operation;
    private readonly byte[] _value;
    private readonly TimeProvider _time;
    private ulong _draw;

    /// <param name="number">Which caller; the seed of its draws.</param>
    /// <param name="connection">The connection that it shares.</param>
    /// <param name="operation">What it calls.</param>
    /// <param name="valueBytes">How large a value is.</param>
    /// <param name="time">The clock.</param>
    public LoadCaller(
        int number, ILoadConnection connection, BenchOperation operation, int valueBytes, TimeProvider time)
    {
        (_number, _connection, _operation, _time) = (number, connection, operation, time);
        _draw = (ulong)number * 0x9E3779B97F4A7C15;
        _value = new byte[valueBytes];
        for (int i = 0; i < valueBytes; i++)
        {
            _value[i] = (byte)Draw();
        }
    }

    /// <summary>The latencies of the last window.</summary>
    public LatencyHistogram Latencies { get; private set; } = new();

    /// <summary>The failed calls of the last window.</summary>
    public long Errors { get; private set; }

    /// <summary>Writes its share of the records, so that there is something to read.</summary>
    public async Task FillAsync(int first, int step, CancellationToken cancellationToken)
    {
        for (int key = first; key < Keys; key += step)
        {
            while (!await _connection.CallAsync(BenchOperation.Put, new(_number, key, _value), cancellationToken))
            {
                await Task.Delay(s_errorPause, _time, cancellationToken);
            }
        }
    }

    /// <summary>Calls until the window has ended.</summary>
    public async Task RunAsync(LoadWindow window, CancellationToken cancellationToken)
    {
        (Latencies, Errors) = (new(), 0);
        await Task.Yield();
        while (!window.IsOver)
        {
            bool isMeasured = window.IsOpen;
            long start = _time.GetTimestamp();
            LoadCall call = new(_number, (int)(Draw() % Keys), _value);
            bool succeeded = await _connection.CallAsync(_operation, call, cancellationToken);
            TimeSpan latency = _time.GetElapsedTime(start);
            if (isMeasured && window.IsOpen)
            {
                Count(succeeded, latency);
            }

            if (!succeeded)
            {
                await Task.Delay(s_errorPause, _time, cancellationToken);
            }
        }
    }

    private void Count(bool succeeded, TimeSpan latency)
    {
        if (succeeded)
        {
            Latencies.Record(latency);
        }
        else
        {
            Errors++;
        }
    }

    /// <summary>SplitMix64: the same calls in every run.</summary>
    private ulong Draw()
    {
        _draw += 0x9E3779B97F4A7C15;
        ulong mixed = (_draw ^ (_draw >> 30)) * 0xBF58476D1CE4E5B9;
        mixed = (mixed ^ (mixed >> 27)) * 0x94D049BB133111EB;
        return mixed ^ (mixed >> 31);
    }
}

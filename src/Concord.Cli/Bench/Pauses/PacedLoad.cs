using System.Globalization;
using Concord.Cli.Connections;

namespace Concord.Cli.Bench.Pauses;

/// <summary>
/// Writes at a given rate over many records, an open loop: a write is due when the clock says so, also while the
/// cluster stands still. What waits has a bound; what is due beyond it is skipped and counted.
/// </summary>
internal sealed class PacedLoad : IAsyncDisposable
{
    /// <summary>What asks for all records to be written once.</summary>
    public const string Fill = "fill";

    private const int Connections = 4;
    private const int FillersOfConnection = 64;

    /// <summary>More would wait for longer than a client waits for a node before it asks another: then the load
    /// would be what is asked twice.</summary>
    private const int WaitingMax = 4_096;

    /// <summary>At the same rate, before what counts.</summary>
    public static readonly TimeSpan WarmUp = TimeSpan.FromSeconds(5);
    private static readonly TimeSpan s_turn = TimeSpan.FromMilliseconds(1);
    private static readonly TimeSpan s_errorPause = TimeSpan.FromMilliseconds(10);

    private readonly PauseOptions _options;
    private readonly TimeProvider _time;
    private readonly byte[] _value;
    private readonly List<IClusterConnection> _connections = [];
    private readonly Lock _lock = new();
    private LatencyHistogram _latencies = new();
    private TimeSpan _slowest;
    private long _errors;
    private int _waiting;
    private ulong _draw;
    private volatile bool _isOpen;
    private Exception? _failure;

    private PacedLoad(PauseOptions options, TimeProvider time)
    {
        (_options, _time) = (options, time);
        _value = new byte[options.ValueBytes];
        for (int i = 0; i < _value.Length; i++)
        {
            _value[i] = (byte)Draw();
        }
    }

    public static async Task<PacedLoad> ConnectAsync(
        IClusterAccess access,
        IReadOnlyList<string> servers,
        PauseOptions options,
        TimeProvider time,
        CancellationToken cancellationToken)
    {
        PacedLoad load = new(options, time);
        for (int i = 0; i < Connections; i++)
        {
            load._connections.Add(await access.ConnectAsync(servers, "", cancellationToken));
        }

        return load;
    }

    /// <summary>Writes every record once, as fast as it goes.</summary>
    public Task FillAsync(CancellationToken cancellationToken)
    {
        int fillers = Connections * FillersOfConnection;
        return Task.WhenAll(Enumerable.Range(0, fillers).Select(async filler =>
        {
            for (int key = filler; key < _options.Keys; key += fillers)
            {
                while (!await TryPutAsync(key, cancellationToken))
                {
                    await Task.Delay(s_errorPause, _time, cancellationToken);
                }
            }
        }));
    }

    public async Task<PacedResult> MeasureAsync(CancellationToken cancellationToken)
    {
        await PaceAsync(WarmUp, cancellationToken);
        lock (_lock)
        {
            (_latencies, _slowest, _errors) = (new(), default, 0);
        }

        _isOpen = true;
        double cpu = Environment.CpuUsage.TotalTime.TotalSeconds;
        long began = _time.GetTimestamp();
        long skipped = await PaceAsync(TimeSpan.FromSeconds(_options.Seconds), cancellationToken);
        _isOpen = false;
        double seconds = _time.GetElapsedTime(began).TotalSeconds;
        lock (_lock)
        {
            return new()
            {
                Writes = _latencies.Count,
                Errors = _errors,
                Seconds = seconds,
                Skipped = skipped,
                P50Ms = _latencies.PercentileMs(50),
                P99Ms = _latencies.PercentileMs(99),
                P999Ms = _latencies.PercentileMs(99.9),
                MaxMs = _slowest.TotalMilliseconds,
                ClientCpuSeconds = Environment.CpuUsage.TotalTime.TotalSeconds - cpu,
            };
        }
    }

    public async ValueTask DisposeAsync()
    {
        foreach (IClusterConnection connection in _connections)
        {
            await connection.DisposeAsync();
        }
    }

    /// <summary>Begins every write that is due, a thousand times a second, on a thread of its own: timers of the
    /// runtime are some milliseconds late.</summary>
    /// <returns>How many were due and not begun.</returns>
    private Task<long> PaceAsync(TimeSpan duration, CancellationToken cancellationToken) => Task.Factory.StartNew(
        () => Pace(duration, cancellationToken), cancellationToken, TaskCreationOptions.LongRunning,
        TaskScheduler.Default);

    private long Pace(TimeSpan duration, CancellationToken cancellationToken)
    {
        long began = _time.GetTimestamp();
        long skipped = 0;
        TimeSpan elapsed;
        for (long due = 0; (elapsed = _time.GetElapsedTime(began)) < duration;)
        {
            long wanted = (long)(elapsed.TotalSeconds * _options.Rate);
            for (; due < wanted; due++)
            {
                if (Volatile.Read(ref _waiting) >= WaitingMax)
                {
                    skipped++;
                    continue;
                }

                Interlocked.Increment(ref _waiting);
                long moment = began + (long)(due * (double)_time.TimestampFrequency / _options.Rate);
                _ = WriteAsync((int)(Draw() % (ulong)_options.Keys), moment, cancellationToken);
            }

            if (Volatile.Read(ref _failure) is { } failure)
            {
                throw new CliException($"A write failed for good: {failure.Message}", ExitCode.Failed);
            }

            cancellationToken.WaitHandle.WaitOne(s_turn);
            cancellationToken.ThrowIfCancellationRequested();
        }

        return skipped;
    }

    private async Task WriteAsync(int key, long moment, CancellationToken cancellationToken)
    {
        try
        {
            bool succeeded = await TryPutAsync(key, cancellationToken);
            Count(succeeded, _time.GetElapsedTime(moment));
        }
        catch (Exception error) when (error is not OutOfMemoryException)
        {
            Volatile.Write(ref _failure, error);
        }
        finally
        {
            Interlocked.Decrement(ref _waiting);
        }
    }

    private void Count(bool succeeded, TimeSpan latency)
    {
        if (!_isOpen)
        {
            return;
        }

        lock (_lock)
        {
            if (succeeded)
            {
                _latencies.Record(latency);
                _slowest = latency > _slowest ? latency : _slowest;
            }
            else
            {
                _errors++;
            }
        }
    }

    private async ValueTask<bool> TryPutAsync(int key, CancellationToken cancellationToken)
    {
        // Made anew for each write: a million of them that stay would give this process long collections of its own.
        string name = string.Create(CultureInfo.InvariantCulture, $"bench/{key:D8}");
        IConcord concord = _connections[key % Connections].Concord;
        try
        {
            await concord.GetValue(name, BytesSerializer.Instance)
                .SetAsync(_value, cancellationToken: cancellationToken);
            return true;
        }
        catch (ConcordException error) when (error.IsTransient)
        {
            return false;
        }
    }

    /// <summary>SplitMix64: the same records in every run. By the pacing loop only.</summary>
    private ulong Draw()
    {
        _draw += 0x9E3779B97F4A7C15;
        ulong mixed = (_draw ^ (_draw >> 30)) * 0xBF58476D1CE4E5B9;
        mixed = (mixed ^ (mixed >> 27)) * 0x94D049BB133111EB;
        return mixed ^ (mixed >> 31);
    }
}

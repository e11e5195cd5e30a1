using Concord.Client.Administration;
using Concord.Client.Connections;
using Concord.Client.Wire;

namespace Concord.Cli.Bench.Pauses;

/// <summary>One question to a node, and what it took.</summary>
/// <param name="Asked">When it was asked, or would have been, as a timestamp.</param>
/// <param name="Milliseconds">Until the answer.</param>
internal readonly record struct ProbeSample(long Asked, double Milliseconds);

/// <summary>
/// Asks one node for something small again and again, in a row with everything else that it does, and notes how long
/// the answer takes: one at a time, so that the questions do not become a load themselves.
/// </summary>
/// <param name="address">The node.</param>
/// <param name="time">The clock.</param>
internal sealed class NodeProbe(string address, TimeProvider time) : IDisposable
{
    /// <summary>Between two questions. Far below the pauses that matter, and nothing beside the load.</summary>
    public static readonly TimeSpan Interval = TimeSpan.FromMilliseconds(2);

    private readonly AdminConnection _connection = new(address, new SocketDialer());

    public List<ProbeSample> Samples { get; } = [];

    /// <summary>How late this thread woke up to ask: what a process that does nothing sees of the machine.</summary>
    public List<double> LatenessMs { get; } = [];

    /// <summary>Asks on a thread of its own: timers of the runtime are some milliseconds late.</summary>
    public Task RunAsync(TimeSpan duration, CancellationToken cancellationToken) => Task.Factory.StartNew(
        () => Run(duration, cancellationToken), cancellationToken, TaskCreationOptions.LongRunning,
        TaskScheduler.Default);

    public void Dispose() => _connection.Dispose();

    private void Run(TimeSpan duration, CancellationToken cancellationToken)
    {
        long began = time.GetTimestamp();
        while (time.GetElapsedTime(began) < duration)
        {
            long waited = time.GetTimestamp();
            cancellationToken.WaitHandle.WaitOne(Interval);
            cancellationToken.ThrowIfCancellationRequested();
            long asked = time.GetTimestamp();
            LatenessMs.Add(Math.Max(0, (time.GetElapsedTime(waited, asked) - Interval).TotalMilliseconds));
            _connection.AskAsync(WireKind.TopologyRequest, static _ => { }, cancellationToken)
                .GetAwaiter().GetResult();
            Note(asked, time.GetElapsedTime(asked));
        }
    }

    /// <summary>A question that took long stands for those too that would have been asked meanwhile.</summary>
    private void Note(long asked, TimeSpan took)
    {
        long interval = (long)(Interval.TotalSeconds * time.TimestampFrequency);
        for (; took > TimeSpan.Zero; took -= Interval, asked += interval)
        {
            Samples.Add(new(asked, took.TotalMilliseconds));
        }
    }
}

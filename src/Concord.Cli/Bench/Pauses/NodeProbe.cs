using Concord.Client.Administration;
using Concord.Client.Connections;
using Concord.Client.Wire;

namespace Concord.Cli.Bench.Pauses;

/// <summary>One question to a node, and what it took.</summary>
/// <param name="Due">When it was due, as a timestamp.</param>
/// <param name="Milliseconds">Until the answer.</param>
internal readonly record struct ProbeSample(long Due, double Milliseconds);

/// <summary>
/// Asks one node for something small again and again, in a row with everything else that it does, and notes how long
/// the answer takes. Questions are due at fixed moments: one that had to wait for the answer before it counts from its
/// moment, so a pause of 20 ms is seen as many times as there were questions within it.
/// </summary>
/// <param name="address">The node.</param>
/// <param name="time">The clock.</param>
internal sealed class NodeProbe(string address, TimeProvider time) : IDisposable
{
    /// <summary>Between two questions. Far below the pauses that matter, and nothing beside the load.</summary>
    public static readonly TimeSpan Interval = TimeSpan.FromMilliseconds(2);

    private readonly AdminConnection _connection = new(address, new SocketDialer());

    public List<ProbeSample> Samples { get; } = [];

    /// <summary>How late questions were asked that nothing kept waiting but this machine: what a process that does
    /// nothing sees of it.</summary>
    public List<double> LatenessMs { get; } = [];

    /// <summary>Asks on a thread of its own: timers of the runtime are some milliseconds late.</summary>
    public Task RunAsync(TimeSpan duration, CancellationToken cancellationToken) => Task.Factory.StartNew(
        () => Run(duration, cancellationToken), cancellationToken, TaskCreationOptions.LongRunning,
        TaskScheduler.Default);

    public void Dispose() => _connection.Dispose();

    private void Run(TimeSpan duration, CancellationToken cancellationToken)
    {
        long began = time.GetTimestamp();
        long ticks = (long)(Interval.TotalSeconds * time.TimestampFrequency);
        long ended = began + (long)(duration.TotalSeconds * time.TimestampFrequency);
        for (long due = began; due < ended; due += ticks)
        {
            long from = due;
            long now = time.GetTimestamp();
            if (now < due)
            {
                TimeSpan wait = TimeSpan.FromMilliseconds(
                    Math.Ceiling(time.GetElapsedTime(now, due).TotalMilliseconds));
                cancellationToken.WaitHandle.WaitOne(wait);
                cancellationToken.ThrowIfCancellationRequested();

                // A late wake-up is not the node's: the question counts from when it was really asked.
                due = from = time.GetTimestamp();
                LatenessMs.Add(Math.Max(0, (time.GetElapsedTime(now, from) - wait).TotalMilliseconds));
            }

            _connection.AskAsync(WireKind.TopologyRequest, static _ => { }, cancellationToken)
                .GetAwaiter().GetResult();
            Samples.Add(new(from, time.GetElapsedTime(from).TotalMilliseconds));
        }
    }
}

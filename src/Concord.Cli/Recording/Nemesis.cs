using System.Text.Json;
using Concord.Simulation;

namespace Concord.Cli.Recording;

/// <summary>Brings one fault after the other over a cluster, and writes down which and when.</summary>
/// <param name="cluster">Whose.</param>
/// <param name="faults">Which there are.</param>
/// <param name="recorder">The clock of the history.</param>
/// <param name="random">The draws.</param>
/// <param name="time">The clock of the waits.</param>
internal sealed class Nemesis(
    RecordedCluster cluster,
    IReadOnlyList<Fault> faults,
    HistoryRecorder recorder,
    SimRandom random,
    TimeProvider time)
{
    private const int PauseMillisecondsMin = 300;
    private const int PauseMillisecondsMax = 1_200;

    private readonly List<FaultEvent> _events = [];
    private readonly List<Fault> _waiting = [];

    /// <summary>How often each kind struck.</summary>
    public IReadOnlyList<(string Kind, int Count)> Tally =>
        [.. faults.Select(fault => (fault.Kind, _events.Count(each => each.IsBegin && each.Kind == fault.Kind)))];

    /// <summary>Strikes until told to stop, and with each kind once in any case: a recording that was asked for a fault
    /// and has none of it proves nothing. The last fault is healed before this ends.</summary>
    public async Task RunAsync(CancellationToken stop, CancellationToken cancellationToken)
    {
        for (int strikes = 0; faults.Count > 0; strikes++)
        {
            CancellationToken until = strikes < faults.Count ? cancellationToken : stop;
            if (!await PauseAsync(Milliseconds(PauseMillisecondsMin, PauseMillisecondsMax), until))
            {
                return;
            }

            Fault fault = Draw();
            string detail = "";
            try
            {
                long began = recorder.NowNs;
                detail = await fault.StrikeAsync(cluster, random);
                _events.Add(new(fault.Kind, true, detail, began));
                await PauseAsync(fault.Duration(random), until);
            }
            finally
            {
                await fault.HealAsync(cluster);
                _events.Add(new(fault.Kind, false, detail, recorder.NowNs));
            }
        }
    }

    /// <summary>What happened, as JSON lines.</summary>
    public byte[] ToJsonLines()
    {
        using MemoryStream lines = new();
        using Utf8JsonWriter writer = new(lines);
        foreach (FaultEvent each in _events)
        {
            writer.WriteStartObject();
            writer.WriteString("fault", each.Kind);
            writer.WriteString("event", each.IsBegin ? "begin" : "end");
            writer.WriteString("detail", each.Detail);
            writer.WriteNumber("atNs", each.AtNs);
            writer.WriteEndObject();
            writer.Flush();
            lines.WriteByte((byte)'\n');
            writer.Reset();
        }

        return lines.ToArray();
    }

    /// <summary>One of those that have not had their turn in this round: a short run has some of each.</summary>
    private Fault Draw()
    {
        if (_waiting.Count == 0)
        {
            _waiting.AddRange(faults);
        }

        int drawn = random.Next(_waiting.Count);
        Fault fault = _waiting[drawn];
        _waiting.RemoveAt(drawn);
        return fault;
    }

    private TimeSpan Milliseconds(int low, int high) => TimeSpan.FromMilliseconds(random.Next(low, high));

    private async Task<bool> PauseAsync(TimeSpan pause, CancellationToken stop)
    {
        await Task.Delay(pause, time, stop).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
        return !stop.IsCancellationRequested;
    }

    private readonly record struct FaultEvent(string Kind, bool IsBegin, string Detail, long AtNs);
}

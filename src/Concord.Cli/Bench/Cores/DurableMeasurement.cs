using Concord.Cluster.Node;

namespace Concord.Cli.Bench.Cores;

/// <summary>Groups of one protocol with real disks, turn by turn. With several groups, one group is measured by turns
/// with them: both meet the same moments of the disk.</summary>
internal sealed class DurableMeasurement : IDisposable
{
    /// <summary>So many proposals have gone twice around the memory of 48 groups; from then on it is only used again.
    /// </summary>
    private const long WarmUpProposals = 8_000_000;

    private static readonly TimeSpan s_warmUpMax = TimeSpan.FromSeconds(10);
    private static readonly TimeSpan s_turn = TimeSpan.FromMilliseconds(250);

    private readonly DurableTrio _groups;
    private readonly DurableTrio? _one;
    private readonly TimeProvider _time;
    private readonly byte[] _payload;

    public DurableMeasurement(
        ReplicaProtocol protocol, int groups, int payloadBytes, string folder, TimeProvider time)
    {
        _time = time;
        _payload = new byte[payloadBytes];
        _payload.AsSpan().Fill(1);
        _groups = new(protocol, groups, Path.Combine(folder, $"{protocol.Name}-groups"));
        _one = groups > 1 ? new(protocol, 1, Path.Combine(folder, $"{protocol.Name}-one")) : null;
    }

    public List<double> Rates { get; } = [];

    public List<double> OneGroupRates { get; } = [];

    public void WarmUp()
    {
        WarmUp(_groups);
        if (_one is not null)
        {
            WarmUp(_one);
        }
    }

    /// <summary>A window is the mean of its turns.</summary>
    public void BeginWindow()
    {
        Rates.Add(0);
        if (_one is not null)
        {
            OneGroupRates.Add(0);
        }
    }

    /// <param name="share">Of the window.</param>
    public void MeasureTurn(double share)
    {
        Rates[^1] += Measure(_groups) * share;
        if (_one is not null)
        {
            OneGroupRates[^1] += Measure(_one) * share;
        }
    }

    public void Dispose()
    {
        _groups.Dispose();
        _one?.Dispose();
    }

    private void WarmUp(DurableTrio trio)
    {
        long start = _time.GetTimestamp();
        long committed = 0;
        while (committed < WarmUpProposals && _time.GetElapsedTime(start) < s_warmUpMax)
        {
            committed += trio.Run(s_turn, _payload, _time);
        }
    }

    private double Measure(DurableTrio trio)
    {
        long start = _time.GetTimestamp();
        long committed = trio.Run(s_turn, _payload, _time);
        return committed / _time.GetElapsedTime(start).TotalSeconds;
    }
}

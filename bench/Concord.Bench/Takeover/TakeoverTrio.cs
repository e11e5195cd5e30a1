using System.Globalization;
using Concord.Cluster.Node;

namespace Concord.Bench.Takeover;

/// <summary>
/// Three replicas in three processes. In each round a leader gets new replicas of a group to agree on some entries,
/// then hears nobody any more, proposes 1,024 entries, of which one follower gets all and the other the first half, and
/// is killed. One of the two stands.
/// </summary>
internal sealed class TakeoverTrio : IDisposable
{
    public const int Entries = 1024;

    private const int Leader = 0;
    private const int HasAll = 1;
    private const int HasHalf = 2;
    private const int Settled = 100;

    /// <summary>Milliseconds: longer than anybody waits, and than between two heartbeats.</summary>
    private const int LongWait = 3_000;
    private const int Heartbeat = 200;

    private readonly ReplicaProtocol _protocol;
    private readonly string _folder;
    private readonly Child[] _replicas;
    private int _round;

    /// <param name="protocol">How they agree.</param>
    /// <param name="folder">Where their logs are written.</param>
    public TakeoverTrio(ReplicaProtocol protocol, string folder)
    {
        (_protocol, _folder) = (protocol, folder);
        _replicas = [.. Enumerable.Range(0, 3).Select(Start)];
    }

    /// <param name="halfStands">Whether the follower stands that lacks half; in Raft nobody would elect it.</param>
    /// <returns>Milliseconds of phase 1, or of the votes, and from the question before the election until all 1,024 and
    /// the new leader's first entry were committed.</returns>
    public (double Election, double Whole) Run(bool halfStands)
    {
        Begin();
        int settled = Number(_replicas[Leader].Ask($"propose {Settled}"));

        // A heartbeat tells a follower no more than its leader knows it to hold.
        _replicas[Leader].Ask($"held {settled}");
        _replicas[Leader].Ask($"pass {Heartbeat}");
        _replicas[Leader].Ask("tick");
        Ask($"committed {settled}", HasAll, HasHalf);

        _replicas[Leader].Ask("deafen");
        int half = Number(_replicas[Leader].Ask($"propose {Entries / 2}"));
        Ask($"durable {half}", HasAll, HasHalf);
        _replicas[Leader].Ask($"leave {HasHalf}");
        int all = Number(_replicas[Leader].Ask($"propose {Entries - (Entries / 2)}"));
        Ask($"durable {all}", HasAll);
        _replicas[Leader].Dispose();

        Ask($"pass {LongWait}", HasAll, HasHalf);
        string[] words = _replicas[halfStands ? HasHalf : HasAll].Ask("stand").Split(' ');
        if (Number(words[2]) <= all)
        {
            throw new InvalidOperationException($"Not everything was taken over: {words[2]} of {all}.");
        }

        return (Number(words[0]) / 1000.0, Number(words[1]) / 1000.0);
    }

    private Child Start(int place) =>
        new(ReplicaProcess.Verb, _protocol.Name, place.ToString(CultureInfo.InvariantCulture));

    public void Dispose() => Array.ForEach(_replicas, static replica => replica.Dispose());

    /// <summary>New replicas, of which the first leads. Its process is new too, but in the first round.</summary>
    private void Begin()
    {
        if (_round++ > 0)
        {
            _replicas[Leader] = Start(Leader);
        }

        string[] ports =
        [
            .. _replicas.Select((replica, place) => replica.Ask(
                $"begin {Path.Combine(_folder, $"{_protocol.Name}-{_round}-{place}")}")),
        ];
        Ask($"dial {string.Join(' ', ports)}", Leader, HasAll, HasHalf);
        Ask($"pass {LongWait}", Leader, HasAll, HasHalf);
        _replicas[Leader].Ask("stand");
    }

    private void Ask(string order, params int[] places) => Array.ForEach(places, place => _replicas[place].Ask(order));

    private static int Number(string word) => int.Parse(word, CultureInfo.InvariantCulture);
}

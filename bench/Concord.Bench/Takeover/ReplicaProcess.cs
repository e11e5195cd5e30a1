using System.Collections.Concurrent;
using System.Globalization;
using Concord.Cli.Bench.Cores;
using Concord.Cluster.Node;
using Concord.Consensus;

namespace Concord.Bench.Takeover;

/// <summary>
/// One replica in a process of its own: a core, a real log with its thread, sockets. All that happens to it happens one
/// after the other on one thread, as in a node. A line tells it what to do, a line answers. Its time passes only when
/// it is told so: nobody stands of its own accord.
/// </summary>
internal sealed class ReplicaProcess : IDisposable
{
    public const string Verb = "takeover-replica";

    private readonly BlockingCollection<Action> _events = [];
    private readonly ReplicaProtocol _protocol;
    private readonly int _place;
    private readonly byte[] _payload = Payload.Create();
    private DurableNode? _node;
    private ReplicaLinks? _links;
    private Func<string?>? _awaited;
    private TimeSpan _now;
    private bool _isDeaf;
    private int _round;
    private long _stoodAt;
    private long _candidateAt;
    private long _leaderAt;

    private ReplicaProcess(ReplicaProtocol protocol, int place) => (_protocol, _place) = (protocol, place);

    private IReplicatedLog Core => _node![0];

    /// <summary>Runs until its input ends.</summary>
    public static int Run(string protocol, string place)
    {
        using ReplicaProcess process = new(ReplicaProtocol.Find(protocol)!, Number(place));
        new Thread(process.ReadOrders) { IsBackground = true }.Start();
        foreach (Action happened in process._events.GetConsumingEnumerable())
        {
            happened();
            process.AfterEvent();
        }

        return 0;
    }

    public void Dispose()
    {
        _links?.Dispose();
        _node?.Dispose();
        _events.Dispose();
    }

    private void ReadOrders()
    {
        while (Console.In.ReadLine() is { } line)
        {
            string[] words = line.Split(' ');
            _events.Add(() => Obey(words));
        }

        _events.CompleteAdding();
    }

    private void Obey(string[] words)
    {
        _awaited = null;
        string? answer = words[0] switch
        {
            "begin" => Begin(words[1]),
            "dial" => Dial(words[1..]),
            "pass" => Pass(Number(words[1])),
            "tick" => Tick(),
            "stand" => Stand(),
            "propose" => Propose(Number(words[1])),
            "deafen" => Deafen(),
            "leave" => Leave(Number(words[1])),
            "durable" => Await(() => Core.Status.DurableIndex.Value >= (ulong)Number(words[1])),
            "held" => Await(() => IsHeldByAll(new((ulong)Number(words[1])))),
            "committed" => Await(() => Core.Status.CommitIndex.Value >= (ulong)Number(words[1])),
            _ => throw new InvalidOperationException($"What is '{words[0]}'?"),
        };
        if (answer is not null)
        {
            Console.Out.WriteLine(answer);
        }
    }

    /// <summary>Another round: a new replica in a new folder. What comes late of the round before is
    /// nobody's.</summary>
    private string Begin(string folder)
    {
        _links?.Dispose();
        _node?.Dispose();
        int round = ++_round;
        (_now, _isDeaf) = (TimeSpan.Zero, false);
        _node = new(
            _protocol,
            _place,
            groups: 1,
            folder,
            (_, work) => Post(round, () => _node!.Completed(work)),
            failure => Post(round, () => throw new IOException("The disk failed.", failure)));
        _links = new(bytes => Post(round, () => Receive(bytes)));
        return Text(_links.Port);
    }

    private void Post(int round, Action happened) => _events.Add(() =>
    {
        if (round == _round)
        {
            happened();
        }
    });

    private string Dial(string[] ports)
    {
        for (int place = 0; place < ports.Length; place++)
        {
            if (place != _place)
            {
                _links!.Dial(place, Number(ports[place]));
            }
        }

        return "dialled";
    }

    private string Pass(int milliseconds)
    {
        _now += TimeSpan.FromMilliseconds(milliseconds);
        return "passed";
    }

    private string Tick()
    {
        Core.Tick(_now);
        return "ticked";
    }

    /// <summary>Stands, and answers when it leads and all that it has is committed: microseconds of phase 1, or of the
    /// votes, and of all of it from the question before the election on; then the last place.</summary>
    private string? Stand()
    {
        (_candidateAt, _leaderAt) = (0, 0);
        _stoodAt = TimeProvider.System.GetTimestamp();
        Core.Tick(_now);
        _awaited = () => _leaderAt > 0 && Core.Status.CommitIndex == Core.Log.Last
            ? $"{Microseconds(_candidateAt, _leaderAt)} "
                + $"{Microseconds(_stoodAt, TimeProvider.System.GetTimestamp())} {Core.Log.Last}"
            : null;
        return null;
    }

    private string Propose(int entries)
    {
        for (int i = 0; i < entries; i++)
        {
            if (Core.Propose(_payload, out _) is not ProposeResult.Accepted and var refusal)
            {
                throw new InvalidOperationException($"A proposal was refused: {refusal}.");
            }
        }

        return $"{Core.Log.Last}";
    }

    private string Deafen()
    {
        _isDeaf = true;
        return "deaf";
    }

    private string Leave(int place)
    {
        _links!.Leave(place);
        return "left";
    }

    private bool IsHeldByAll(LogIndex index) =>
        ((ReplicaCore)Core).Followers.All(follower => follower.Match >= index);

    private string? Await(Func<bool> isSo)
    {
        _awaited = () => isSo() ? "so it is" : null;
        return null;
    }

    private void Receive(byte[] bytes)
    {
        if (_isDeaf)
        {
            return;
        }

        if (!MessageCodec.TryRead(bytes, out Message message, out EntryReader entries))
        {
            throw new InvalidOperationException("The codec does not read what it wrote.");
        }

        Core.Step(message, entries, _now);
    }

    private void AfterEvent()
    {
        if (_node is null)
        {
            return;
        }

        Role role = Core.Status.Role;
        _candidateAt = role == Role.Candidate && _candidateAt == 0 ? TimeProvider.System.GetTimestamp() : _candidateAt;
        _leaderAt = role == Role.Leader && _leaderAt == 0 ? TimeProvider.System.GetTimestamp() : _leaderAt;
        while (_node.Drain((_, message, log) => _links!.Send(message.To.Value - 1, message, log)))
        {
            // There may be more.
        }

        if (_awaited?.Invoke() is { } answer)
        {
            _awaited = null;
            Console.Out.WriteLine(answer);
        }
    }

    private static int Number(string word) => int.Parse(word, CultureInfo.InvariantCulture);

    private static string Text(int number) => number.ToString(CultureInfo.InvariantCulture);

    private static string Microseconds(long from, long to) =>
        Text((int)TimeProvider.System.GetElapsedTime(from, to).TotalMicroseconds);
}

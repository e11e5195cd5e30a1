using Concord.Cli.Bench.Cores;
using Concord.Cluster.Node;
using Concord.Consensus;

namespace Concord.Bench.Protocols;

/// <summary>
/// Replicas on one thread whose messages all take the same time: in each step everything that was sent in the step
/// before arrives. So two steps are a round trip, and what is sent can be counted. Messages go through the codec, as
/// bytes.
/// </summary>
internal sealed class CoreNet : IDisposable
{
    private const int RoomBytes = 1 << 20;

    /// <summary>Longer than any wait before an election.</summary>
    private static readonly TimeSpan s_longWait = TimeSpan.FromSeconds(3);

    private static readonly TimeSpan s_delay = TimeSpan.FromMilliseconds(1);

    private readonly CoreReplica[] _replicas;
    private readonly RealLog[] _disks;
    private Wire _sent = new();
    private Wire _arriving = new();
    private long _sinceLoss;

    /// <param name="protocol">How they agree.</param>
    /// <param name="replicas">How many; those behind the third belong to nothing yet.</param>
    /// <param name="openDisk">Opens the disk of a replica, from 0; null for disks that take no time.</param>
    public CoreNet(ReplicaProtocol protocol, int replicas, Func<int, RealLog>? openDisk = null)
    {
        _replicas = [.. Enumerable.Range(0, replicas).Select(place => new CoreReplica(protocol, place, seed: 1))];
        _disks = openDisk is null ? [] : [.. Enumerable.Range(0, replicas).Select(openDisk)];
    }

    /// <summary>Whether messages between two replicas, from 0, arrive. Those that do not are not counted.</summary>
    public Func<int, int, bool> Reaches { get; set; } = static (_, _) => true;

    /// <summary>Every so many-th message is lost; 0 for none. It is counted.</summary>
    public int LossInterval { get; set; }

    /// <summary>Told in each step when all has arrived and nothing has been written or sent yet.</summary>
    public Action? Arrived { get; set; }

    public long Messages { get; private set; }

    public long Bytes { get; private set; }

    public int Steps { get; private set; }

    public TimeSpan Now { get; private set; }

    public IReplicatedLog this[int place] => _replicas[place].Core;

    public void StartCounting() => (Messages, Bytes, Steps, _sinceLoss) = (0, 0, 0, 0);

    /// <summary>Lets one replica stand, all others having waited as long, and carries on until nothing is said any
    /// more.</summary>
    /// <param name="place">Which, from 0.</param>
    public void Stand(int place)
    {
        Now += s_longWait;
        this[place].Tick(Now);
        Settle();
    }

    /// <summary>Without time, until nothing is under way.</summary>
    public void Settle()
    {
        while (Step())
        {
            // There is more.
        }
    }

    /// <summary>Lets time pass, in which everybody does what is due.</summary>
    /// <param name="isEnough">Asked after each step.</param>
    /// <param name="atMost">How long at most.</param>
    /// <returns>How long it took.</returns>
    public TimeSpan RunUntil(Func<bool> isEnough, TimeSpan atMost)
    {
        TimeSpan start = Now;
        while (!isEnough())
        {
            if (Now - start > atMost)
            {
                string standing = string.Join("; ", _replicas.Select(replica => replica.Core.Status.ToString()));
                throw new InvalidOperationException($"It has not come about within {atMost}: {standing}.");
            }

            Now += s_delay;
            foreach (CoreReplica replica in _replicas)
            {
                if (replica.Core.NextTick <= Now)
                {
                    replica.Core.Tick(Now);
                }
            }

            Step();
        }

        return Now - start;
    }

    /// <summary>Delivers what is on its way, and takes what is said then.</summary>
    /// <returns>Whether anything is on its way afterwards.</returns>
    public bool Step()
    {
        (_arriving, _sent) = (_sent, _arriving);
        _sent.Clear();
        foreach ((int to, ReadOnlyMemory<byte> bytes) in _arriving)
        {
            if (!MessageCodec.TryRead(bytes.Span, out Message message, out EntryReader entries))
            {
                throw new InvalidOperationException("The codec does not read what it wrote.");
            }

            this[to].Step(message, entries, Now);
        }

        Steps += _arriving.Count > 0 ? 1 : 0;
        Arrived?.Invoke();
        for (int place = 0; place < _replicas.Length; place++)
        {
            Drain(place);
        }

        return _sent.Count > 0;
    }

    public void Dispose()
    {
        foreach (RealLog disk in _disks)
        {
            disk.Dispose();
        }
    }

    private void Drain(int place)
    {
        (IReplicatedLog core, Outbox outbox) = (_replicas[place].Core, _replicas[place].Outbox);
        while (core.Drain(outbox))
        {
            LogWrite? write = outbox.Write;
            Send(place, outbox);
            outbox.Clear();
            if (write is { } made)
            {
                if (_disks.Length > 0)
                {
                    _disks[place].Write(made, core.Log);
                }

                core.DurableTo(made.Sequence);
                outbox.ReleaseThrough(made.Sequence);
                Send(place, outbox);
                outbox.Sends.Clear();
            }
        }
    }

    private void Send(int place, Outbox outbox)
    {
        foreach (Message message in outbox.Sends)
        {
            int to = message.To.Value - 1;
            if (!Reaches(place, to))
            {
                continue;
            }

            int length = MessageCodec.Write(message, this[place].Log, _sent.Room(RoomBytes));
            Messages++;
            Bytes += length;
            if (LossInterval == 0 || ++_sinceLoss % LossInterval != 0)
            {
                _sent.Add(to, length);
            }
        }
    }

    /// <summary>What is on its way, one message behind the other.</summary>
    private sealed class Wire
    {
        private readonly List<(int To, int Offset, int Length)> _messages = [];
        private byte[] _bytes = new byte[2 * RoomBytes];
        private int _used;

        public int Count => _messages.Count;

        public Span<byte> Room(int bytes)
        {
            if (_bytes.Length - _used < bytes)
            {
                Array.Resize(ref _bytes, 2 * _bytes.Length);
            }

            return _bytes.AsSpan(_used);
        }

        public void Add(int to, int length)
        {
            _messages.Add((to, _used, length));
            _used += length;
        }

        public void Clear()
        {
            _messages.Clear();
            _used = 0;
        }

        public IEnumerator<(int To, ReadOnlyMemory<byte> Bytes)> GetEnumerator()
        {
            foreach ((int to, int offset, int length) in _messages)
            {
                yield return (to, _bytes.AsMemory(offset, length));
            }
        }
    }
}

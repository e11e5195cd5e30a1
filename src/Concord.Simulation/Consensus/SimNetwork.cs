using Concord.Simulation.Pictures;

namespace Concord.Simulation.Consensus;

/// <summary>A message as bytes, between two replicas.</summary>
internal sealed record Packet(int From, int To, byte[] Bytes, long Step)
{
    /// <summary>Its number in the picture; -1 without one.</summary>
    public int Number { get; init; } = -1;
}

/// <summary>
/// Links that lose, double, delay and reorder, that are cut in one direction or both, and that bring back very old
/// messages. What is under way on a link is bounded, or doubling and sending again would feed each other.
/// </summary>
internal sealed class SimNetwork(CoreWorld world, SimRandom random)
{
    private const int MemoryMax = 128;

    private readonly bool[] _cut = new bool[world.Profile.Replicas * world.Profile.Replicas];
    private readonly int[] _underWay = new int[world.Profile.Replicas * world.Profile.Replicas];
    private readonly List<Packet> _memory = [];

    /// <summary>Each link draws from a stream of its own: what happens on one does not shift the others.</summary>
    private readonly SimRandom[] _streams =
    [
        .. Enumerable.Range(0, world.Profile.Replicas * world.Profile.Replicas)
            .Select(link => random.Fork((ulong)link)),
    ];

    public bool IsCut(int from, int to) => _cut[Link(from, to)];

    public void Cut(int from, int to) => _cut[Link(from, to)] = true;

    public void MendAll()
    {
        Array.Clear(_cut);
        ShowCuts();
    }

    /// <summary>All links of a strike are cut.</summary>
    public void ShowCuts() => world.Trace.Picture?.LinksChanged(world.Profile.Replicas, IsCut, world.Now);

    public void Send(int from, int to, byte[] bytes, long step)
    {
        CoreProfile profile = world.Profile;
        SimRandom stream = _streams[Link(from, to)];
        Packet packet = new(from, to, bytes, step);
        Remember(packet);
        if (stream.Chance(profile.LossChance))
        {
            world.Faults.Count(FaultKind.MessageLost);
            ShowLost(packet, MessageFate.Arrived);
        }
        else
        {
            Launch(packet, MessageFate.Arrived);
        }

        if (stream.Chance(profile.DuplicateChance))
        {
            world.Faults.Count(FaultKind.MessageDuplicated);
            Launch(packet, MessageFate.Copy);
        }

        if (stream.Chance(profile.ReplayChance))
        {
            world.Faults.Count(FaultKind.MessageReplayed);
            Launch(_memory[stream.Next(_memory.Count)], MessageFate.BroughtBack);
        }
    }

    /// <summary>Whether a packet that has come to its end is handed over.</summary>
    public bool Arrives(Packet packet)
    {
        int link = Link(packet.From, packet.To);
        _underWay[link]--;
        return !_cut[link];
    }

    private void Launch(Packet packet, MessageFate origin)
    {
        int link = Link(packet.From, packet.To);
        if (_cut[link])
        {
            ShowLost(packet, origin);
            return;
        }

        if (_underWay[link] >= world.Profile.LinkCapacity)
        {
            world.Faults.Count(FaultKind.LinkFull);
            ShowLost(packet, origin);
            return;
        }

        _underWay[link]++;
        if (world.Trace.Picture is { } picture)
        {
            packet = packet with { Number = picture.Sent(0, packet.Bytes, world.Now, origin) };
        }

        world.Schedule(Delay(_streams[link]), new(CoreEventKind.Deliver, packet.To, Subject: packet));
    }

    private long Delay(SimRandom stream)
    {
        CoreProfile profile = world.Profile;
        long delay = profile.DelayMin + stream.Exponential(profile.DelayMean);
        if (stream.Chance(profile.TailChance))
        {
            world.Faults.Count(FaultKind.MessageDelayedLong);
            delay += stream.Exponential(profile.DelayMean * 50);
        }

        return delay;
    }

    /// <summary>The arrow ends where the message would have come.</summary>
    private void ShowLost(Packet packet, MessageFate origin)
    {
        if (world.Trace.Picture is { } picture)
        {
            long end = world.Now + world.Profile.DelayMin + world.Profile.DelayMean;
            picture.Lost(picture.Sent(0, packet.Bytes, world.Now, origin), end, atTheEnd: false);
        }
    }

    /// <summary>Keeps a few messages of the whole run, old ones as likely as young ones, to bring them back.</summary>
    private void Remember(Packet packet)
    {
        if (_memory.Count < MemoryMax)
        {
            _memory.Add(packet);
        }
        else if (random.Chance(0.05))
        {
            _memory[random.Next(MemoryMax)] = packet;
        }
    }

    private int Link(int from, int to) => (from * world.Profile.Replicas) + to;
}

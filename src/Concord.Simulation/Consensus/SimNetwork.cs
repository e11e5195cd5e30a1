using Concord.Consensus;
using Concord.Simulation.Pictures;

namespace Concord.Simulation.Consensus;

/// <summary>A message as bytes, between two replicas.</summary>
/// <param name="From">The sender's place.</param>
/// <param name="To">The receiver's place.</param>
/// <param name="Bytes">The message.</param>
/// <param name="Step">When it was sent, in steps.</param>
/// <param name="SentAt">When it was sent.</param>
internal sealed record Packet(int From, int To, byte[] Bytes, long Step, long SentAt)
{
    /// <summary>Its number in the picture; -1 without one.</summary>
    public int Number { get; init; } = -1;
}

/// <summary>A packet on its way, over a connection that may break meanwhile.</summary>
internal sealed record Flight(Packet Packet, int Connection);

/// <summary>
/// Links that lose, double, delay, damage and reorder, that are cut in one direction or both, clog and break, and that
/// bring back very old messages. What is under way on a link is bounded, or doubling and sending again would feed each
/// other.
/// </summary>
internal sealed class SimNetwork(CoreWorld world, SimRandom random)
{
    private const int MemoryMax = 128;
    private const long VeryOld = 2_000_000;

    private readonly bool[] _cut = new bool[world.Profile.Nodes * world.Profile.Nodes];
    private readonly int[] _underWay = new int[world.Profile.Nodes * world.Profile.Nodes];
    private readonly long[] _cloggedUntil = new long[world.Profile.Nodes * world.Profile.Nodes];
    private readonly int[] _connection = new int[world.Profile.Nodes * world.Profile.Nodes];
    private readonly List<Packet> _memory = [];

    /// <summary>Each link draws from a stream of its own: what happens on one does not shift the others.</summary>
    private readonly SimRandom[] _streams =
    [
        .. Enumerable.Range(0, world.Profile.Nodes * world.Profile.Nodes).Select(link => random.Fork((ulong)link)),
    ];

    public bool IsCut(int from, int to) => _cut[Link(from, to)];

    public void Cut(int from, int to) => _cut[Link(from, to)] = true;

    /// <summary>Nothing arrives before then; after that all of it does.</summary>
    public void Clog(int from, int to, long until) => _cloggedUntil[Link(from, to)] = until;

    /// <summary>The connection breaks: what is under way on it is lost, and the next one begins empty.</summary>
    public void Reset(int from, int to)
    {
        world.Faults.Count(FaultKind.ConnectionReset);
        _connection[Link(from, to)]++;
        _underWay[Link(from, to)] = 0;
    }

    public void MendAll()
    {
        Array.Clear(_cut);
        Array.Clear(_cloggedUntil);
        ShowCuts();
    }

    /// <summary>All links of a strike are cut.</summary>
    public void ShowCuts() => world.Trace.Picture?.LinksChanged(world.Profile.Nodes, IsCut, world.Now);

    public void Send(int from, int to, byte[] bytes, long step)
    {
        CoreProfile profile = world.Profile;
        SimRandom stream = _streams[Link(from, to)];
        Packet packet = new(from, to, bytes, step, world.Now);
        Remember(packet);
        if (stream.Chance(profile.LossChance))
        {
            world.Faults.Count(FaultKind.MessageLost);
            ShowLost(packet, MessageFate.Arrived);
        }
        else if (profile.DamageChance > 0 && stream.Chance(profile.DamageChance))
        {
            Damage(bytes, stream);
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
            Packet old = _memory[stream.Next(_memory.Count)];
            world.Faults.Count(
                old.SentAt + VeryOld < world.Now ? FaultKind.VeryOldMessageReplayed : FaultKind.MessageReplayed);
            Launch(old, MessageFate.BroughtBack);
        }
    }

    /// <summary>A sign of life is as likely to be lost as a message.</summary>
    public void TellAlive(AliveSign sign, SimReplica to)
    {
        SimRandom stream = _streams[Link(sign.From, to.Place)];
        if (_cut[Link(sign.From, to.Place)] || stream.Chance(world.Profile.LossChance))
        {
            world.Faults.Count(FaultKind.LivenessLost);
            return;
        }

        world.Schedule(Delay(stream), new(CoreEventKind.Alive, to.Place, Subject: sign));
    }

    /// <summary>Whether a packet that has come to its end is handed over.</summary>
    public bool Arrives(Flight flight)
    {
        int link = Link(flight.Packet.From, flight.Packet.To);
        if (flight.Connection != _connection[link])
        {
            return false;
        }

        _underWay[link]--;
        return !_cut[link];
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

        long delay = Delay(_streams[link]);
        if (_cloggedUntil[link] > world.Now)
        {
            world.Faults.Count(FaultKind.LinkClogged);
            delay += _cloggedUntil[link] - world.Now;
        }

        if (world.Replicas[packet.To].SlowUntil > world.Now)
        {
            world.Faults.Count(FaultKind.SlowReceiver);
            delay += _streams[link].Between(5_000, 60_000);
        }

        world.Schedule(delay, new(CoreEventKind.Deliver, packet.To, Subject: new Flight(packet, _connection[link])));
    }

    /// <summary>
    /// The frame's checksum finds damage, so nothing of it reaches the core. The codec is given it all the same: what
    /// it is given must not make it throw.
    /// </summary>
    private void Damage(byte[] bytes, SimRandom stream)
    {
        byte[] damaged = [.. bytes];
        if (stream.Chance(0.4))
        {
            world.Faults.Count(FaultKind.FrameTruncated);
            damaged = damaged[..stream.Next(damaged.Length)];
        }
        else
        {
            world.Faults.Count(FaultKind.FrameDamaged);
            for (int flips = 1 + stream.Next(4); flips > 0; flips--)
            {
                damaged[stream.Next(damaged.Length)] ^= (byte)(1 << stream.Next(8));
            }
        }

        try
        {
            if (MessageCodec.TryRead(damaged, out _, out EntryReader entries))
            {
                while (entries.TryRead(out _, out _, out _))
                {
                }
            }
        }
        catch (Exception exception)
        {
            throw new ViolatedException("codec", $"throws over {Convert.ToHexString(damaged)}: {exception.Message}");
        }
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

    private int Link(int from, int to) => (from * world.Profile.Nodes) + to;
}

using Concord.Consensus;

namespace Concord.Simulation.Consensus;

/// <summary>A message as bytes, between two replicas.</summary>
/// <param name="From">The sender's place.</param>
/// <param name="To">The receiver's place.</param>
/// <param name="Bytes">The message.</param>
/// <param name="Step">When it was sent, in steps.</param>
/// <param name="SentAt">When it was sent.</param>
internal sealed record Packet(int From, int To, byte[] Bytes, long Step, long SentAt);

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

    /// <summary>Whether any link is cut.</summary>
    public bool IsPartitioned => _cut.AsSpan().Contains(true);

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
    }

    public void Send(int from, int to, byte[] bytes, long step)
    {
        CoreProfile profile = world.Profile;
        Packet packet = new(from, to, bytes, step, world.Now);
        Remember(packet);
        if (random.Chance(profile.LossChance))
        {
            world.Faults.Count(FaultKind.MessageLost);
        }
        else if (profile.DamageChance > 0 && random.Chance(profile.DamageChance))
        {
            Damage(bytes);
        }
        else
        {
            Launch(packet);
        }

        if (random.Chance(profile.DuplicateChance))
        {
            world.Faults.Count(FaultKind.MessageDuplicated);
            Launch(packet);
        }

        if (random.Chance(profile.ReplayChance))
        {
            Packet old = _memory[random.Next(_memory.Count)];
            world.Faults.Count(
                old.SentAt + VeryOld < world.Now ? FaultKind.VeryOldMessageReplayed : FaultKind.MessageReplayed);
            Launch(old);
        }
    }

    /// <summary>A sign of life is as likely to be lost as a message.</summary>
    public void TellAlive(AliveSign sign, SimReplica to)
    {
        if (_cut[Link(sign.From, to.Place)] || random.Chance(world.Profile.LossChance))
        {
            world.Faults.Count(FaultKind.LivenessLost);
            return;
        }

        world.Schedule(Delay(), new(CoreEventKind.Alive, to.Place, Subject: sign));
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

    public long Delay()
    {
        CoreProfile profile = world.Profile;
        long delay = profile.DelayMin + random.Exponential(profile.DelayMean);
        if (random.Chance(profile.TailChance))
        {
            world.Faults.Count(FaultKind.MessageDelayedLong);
            delay += random.Exponential(profile.DelayMean * 50);
        }

        return delay;
    }

    private void Launch(Packet packet)
    {
        int link = Link(packet.From, packet.To);
        if (_cut[link])
        {
            return;
        }

        if (_underWay[link] >= world.Profile.LinkCapacity)
        {
            world.Faults.Count(FaultKind.LinkFull);
            return;
        }

        _underWay[link]++;
        long delay = Delay();
        if (_cloggedUntil[link] > world.Now)
        {
            world.Faults.Count(FaultKind.LinkClogged);
            delay += _cloggedUntil[link] - world.Now;
        }

        if (world.Replicas[packet.To].SlowUntil > world.Now)
        {
            world.Faults.Count(FaultKind.SlowReceiver);
            delay += random.Between(5_000, 60_000);
        }

        world.Schedule(delay, new(CoreEventKind.Deliver, packet.To, Subject: new Flight(packet, _connection[link])));
    }

    /// <summary>
    /// The frame's checksum finds damage, so nothing of it reaches the core. The codec is given it all the same: what
    /// it is given must not make it throw.
    /// </summary>
    private void Damage(byte[] bytes)
    {
        byte[] damaged = [.. bytes];
        if (random.Chance(0.4))
        {
            world.Faults.Count(FaultKind.FrameTruncated);
            damaged = damaged[..random.Next(damaged.Length)];
        }
        else
        {
            world.Faults.Count(FaultKind.FrameDamaged);
            for (int flips = 1 + random.Next(4); flips > 0; flips--)
            {
                damaged[random.Next(damaged.Length)] ^= (byte)(1 << random.Next(8));
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

namespace Concord.Simulation.Consensus;

/// <summary>A message as bytes, between two replicas.</summary>
internal sealed record Packet(int From, int To, byte[] Bytes, long Step);

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

    public bool IsCut(int from, int to) => _cut[Link(from, to)];

    public void Cut(int from, int to) => _cut[Link(from, to)] = true;

    public void MendAll() => Array.Clear(_cut);

    public void Send(int from, int to, byte[] bytes, long step)
    {
        CoreProfile profile = world.Profile;
        Packet packet = new(from, to, bytes, step);
        Remember(packet);
        if (random.Chance(profile.LossChance))
        {
            world.Faults.Count(FaultKind.MessageLost);
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
            world.Faults.Count(FaultKind.MessageReplayed);
            Launch(_memory[random.Next(_memory.Count)]);
        }
    }

    /// <summary>Whether a packet that has come to its end is handed over.</summary>
    public bool Arrives(Packet packet)
    {
        int link = Link(packet.From, packet.To);
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
        world.Schedule(Delay(), new(CoreEventKind.Deliver, packet.To, Subject: packet));
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

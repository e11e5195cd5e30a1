using Concord.Simulation.Consensus;

namespace Concord.Simulation.Nodes;

/// <summary>
/// Connections as TCP gives them: bytes in order, late, cut anywhere; nothing while the way is cut off; and at any
/// moment the end, with what was under way lost.
/// </summary>
internal sealed class LinkNetwork(NodeWorld world, SimRandom random, NodeProfile profile, int places)
{
    private readonly long[,] _blockedUntil = new long[places, places];
    private readonly List<SimLink> _links = [];
    private int _nextId;

    public IReadOnlyList<SimLink> Links => _links;

    /// <summary>Nothing passes in this direction until then.</summary>
    public void Block(int from, int to, long until) =>
        _blockedUntil[from, to] = Math.Max(_blockedUntil[from, to], until);

    /// <summary>For the picture: what is cut between nodes changes now, and again at the end of this cut.</summary>
    public void ShowCuts(long until)
    {
        if (world.Trace.Picture is { } picture)
        {
            Show(world.Now);
            picture.Later(until, Show);
        }
    }

    public void Heal()
    {
        Array.Clear(_blockedUntil);
        ShowCuts(world.Now);
        foreach (SimLink link in _links)
        {
            link.ToAcceptor.StalledUntil = link.ToDialer.StalledUntil = 0;
        }
    }

    public void Dial(ILinkEnd dialer, ILinkEnd target, long delay)
    {
        int life = dialer.Life;
        world.Schedule(delay + Latency(), () => TryOpen(dialer, life, target));
    }

    public void Send(SimStream stream, ReadOnlyMemory<byte> bytes)
    {
        if (stream.Link.IsBroken || bytes.IsEmpty)
        {
            return;
        }

        if (world.Trace.Picture is { } picture)
        {
            stream.Tap ??= new(picture, world);
            stream.Tap.Sent(bytes.Span);
        }

        byte[] copy = bytes.ToArray();
        if (stream.DamageNext)
        {
            stream.DamageNext = false;
            world.Faults.Count(FaultKind.FrameDamaged);
            copy[random.Next(copy.Length)] ^= (byte)(1 << random.Next(8));
        }

        int cut = copy.Length > 1 && random.Chance(profile.CutChance) ? 1 + random.Next(copy.Length - 1) : copy.Length;
        Enqueue(stream, copy[..cut]);
        if (cut < copy.Length)
        {
            Enqueue(stream, copy[cut..]);
        }
    }

    /// <summary>Ends a connection; both ends hear of it, each in its own time.</summary>
    public void Break(SimLink link)
    {
        if (link.IsBroken)
        {
            return;
        }

        link.IsBroken = true;
        link.ToAcceptor.Tap?.Broken();
        link.ToDialer.Tap?.Broken();
        _links.Remove(link);
        world.Schedule(Latency(), () => Close(link.Dialer, link));
        world.Schedule(Latency(), () => Close(link.Acceptor, link));
    }

    /// <summary>Everything of an end that is gone.</summary>
    public void BreakAll(ILinkEnd end)
    {
        foreach (SimLink link in _links.ToArray())
        {
            if (link.Dialer == end || link.Acceptor == end)
            {
                Break(link);
            }
        }
    }

    private void Show(long now) => world.Trace.Picture!.LinksChanged(
        world.Nodes.Count, (from, to) => _blockedUntil[from, to] > now, now);

    private void Enqueue(SimStream stream, byte[] chunk)
    {
        stream.Chunks.Enqueue(chunk);
        stream.LastAt = Math.Max(stream.LastAt, world.Now + Latency());
        world.ScheduleAt(stream.LastAt, () => Deliver(stream));
    }

    private void Deliver(SimStream stream)
    {
        if (stream.Link.IsBroken)
        {
            return;
        }

        long until = Math.Max(
            Math.Max(_blockedUntil[stream.From.Place, stream.To.Place], stream.StalledUntil), stream.To.PausedUntil);
        if (until > world.Now)
        {
            world.ScheduleAt(until, () => Deliver(stream));
            return;
        }

        byte[] chunk = stream.Chunks.Dequeue();
        world.Trace.Add((ulong)world.Now, (ulong)stream.Link.Id, (ulong)chunk.Length);
        stream.Tap?.Received(chunk.Length);
        stream.To.Received(stream, chunk);
    }

    private void TryOpen(ILinkEnd dialer, int life, ILinkEnd target)
    {
        if (dialer.Life != life || !dialer.IsUp)
        {
            return;
        }

        long paused = Math.Max(dialer.PausedUntil, target.PausedUntil);
        if (paused > world.Now)
        {
            world.ScheduleAt(paused, () => TryOpen(dialer, life, target));
            return;
        }

        bool isBlocked = _blockedUntil[dialer.Place, target.Place] > world.Now
            || _blockedUntil[target.Place, dialer.Place] > world.Now;
        if (isBlocked || !target.IsUp)
        {
            dialer.DialFailed(target);
            return;
        }

        var link = new SimLink(_nextId++, dialer, target);
        _links.Add(link);
        target.Opened(link, isDialer: false);
        dialer.Opened(link, isDialer: true);
    }

    private void Close(ILinkEnd end, SimLink link)
    {
        if (end.PausedUntil > world.Now)
        {
            world.ScheduleAt(end.PausedUntil, () => Close(end, link));
        }
        else
        {
            end.Closed(link);
        }
    }

    private long Latency() => profile.DelayMin + random.Exponential(profile.DelayMean);
}

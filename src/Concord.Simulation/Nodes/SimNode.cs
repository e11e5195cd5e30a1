using System.Buffers;
using Concord.Client.Wire;
using Concord.Cluster;
using Concord.Cluster.Node;
using Concord.Cluster.Runtime;
using Concord.Cluster.Storage;
using Concord.Consensus;
using Concord.Encoding;
using Concord.Engines;
using Concord.Operations;
using Concord.Simulation.Consensus;
using Concord.Simulation.Disk;

namespace Concord.Simulation.Nodes;

/// <summary>A whole node on an imaginary machine: does with a <see cref="NodeCore"/> what the shell does.</summary>
internal sealed partial class SimNode : ILinkEnd
{
    private const string Folder = "/data/node";
    private const long TickInterval = 10_000;
    private const long RedialDelay = 100_000;

    private readonly NodeWorld _world;
    private readonly NodeProfile _profile;
    private readonly SimRandom _random;
    private readonly SimFileSystem _files;
    private readonly NodeOutbox _outbox = new();
    private readonly Dictionary<SimLink, NodeConnection> _connections = [];
    private SimClock _clock;
    private NodeFolder? _folder;
    private bool _hasOldBuild;
    private bool _drainDue;

    public SimNode(NodeWorld world, int place, SimRandom random)
    {
        (_world, _profile, _random, Place) = (world, world.Profile, random, place);
        _files = new(random.Next()) { Faults = world.Faults };
        _hasOldBuild = random.Fork("build").Chance(_profile.OldBuildChance);
        _clock = new(0, random.Between(0, 1_000_000_000));
    }

    public int Place { get; }

    public NodeId Id => new((ushort)(Place + 1));

    public int Life { get; private set; }

    public NodeCore? Core { get; private set; }

    public bool IsUp => Core is not null;

    public long PausedUntil { get; private set; }

    public void Pause(long until) => PausedUntil = Math.Max(PausedUntil, until);

    public void SetClockRate(double rate) => _clock.SetRate(_world.Now, rate);

    public void Heal()
    {
        PausedUntil = 0;
        _diskStalledUntil = 0;
        FreeDisk();
        SetClockRate(1);
    }

    /// <summary>The last step of an upgrade: what runs with the build before is stopped, to start with the new
    /// one.</summary>
    public void StopOldBuild()
    {
        if (IsUp && _hasOldBuild)
        {
            Crash("upgraded", isPowerLoss: false);
        }
    }

    /// <summary>Power is lost, or only the process dies.</summary>
    public void Crash(string why, bool isPowerLoss = true)
    {
        _world.Say($"{Id} down: {why}");
        if (isPowerLoss)
        {
            _files.Crash();
        }
        else
        {
            _files.Kill();
        }

        Stop();
    }

    /// <summary>Reads the folder and begins a new life.</summary>
    public void Start(bool mayCrash)
    {
        if (IsUp)
        {
            return;
        }

        if (mayCrash && _random.Chance(_profile.CrashInRecoveryChance))
        {
            _files.CrashPoint = (2 * _files.OperationCount) + _random.Next(24);
        }

        try
        {
            Open();
        }
        catch (SimCrashException)
        {
            _files.Crash();
            _world.Schedule(50_000, () => Start(mayCrash: false));
            return;
        }
        catch (IOException e) when (DiskSpace.IsExhausted(e))
        {
            _files.Kill();
            _world.Schedule(200_000, () => Start(mayCrash));
            return;
        }
        catch (Exception e) when (e is StorageCorruptException or EngineStoppedException or MalformedDataException)
        {
            throw new ViolatedException("a-node-starts-again", $"{Id} refused its own folder: {e.Message}");
        }

        _files.CrashPoint = -1;
        _world.Say($"{Id} up");
        _world.Trace.Picture?.Up(Place, _world.Now);
        Tick(Life);
        foreach (SimNode peer in _world.Nodes)
        {
            if (peer != this)
            {
                _world.Network.Dial(this, peer, 0);
            }
        }

        StartDisk();
    }

    public void Opened(SimLink link, bool isDialer)
    {
        NodeConnection connection = isDialer ? Core!.PeerConnected(((SimNode)link.Acceptor).Id) : Core!.Accepted();
        connection.Transport = link;
        link.Into(this).Connection = connection;
        _connections.Add(link, connection);
        DrainSoon();
    }

    public void DialFailed(ILinkEnd target) => _world.Network.Dial(this, target, RedialDelay);

    public void Received(SimStream stream, byte[] bytes)
    {
        if (!_connections.TryGetValue(stream.Link, out NodeConnection? connection))
        {
            return;
        }

        try
        {
            for (int from = 0; from < bytes.Length;)
            {
                Memory<byte> free = stream.Buffer.Free;
                int count = Math.Min(free.Length, bytes.Length - from);
                bytes.AsMemory(from, count).CopyTo(free);
                from += count;
                if (stream.Buffer.Received(count) is { } frames)
                {
                    Receive(connection, frames.Frames, frames.Length);
                }
            }
        }
        catch (MalformedDataException)
        {
            _world.Network.Break(stream.Link);
        }

        DrainSoon();
    }

    public void Closed(SimLink link)
    {
        if (_connections.Remove(link, out NodeConnection? connection))
        {
            Core!.Disconnected(connection);
            if (link.Dialer == this)
            {
                _world.Network.Dial(this, link.Acceptor, RedialDelay);
            }

            DrainSoon();
        }
    }

    private void Open()
    {
        _folder = NodeFolder.Open(_files, Folder);
        (RecoveredState recovered, ulong incarnation) = NodeStart.Open(
            _files, _folder, _profile.Log, _world.Layout, Id, _random.Next() | 1);
        TimeSpan election = TimeSpan.FromMicroseconds(_profile.ElectionTimeout);
        var settings = new NodeSettings
        {
            Self = Id,
            Incarnation = incarnation,
            Seed = _random.Next(),
            ElectionTimeout = election,
            HeartbeatInterval = election / 6,
            SnapshotEveryBytes = _profile.SnapshotEveryBytes,
            RetainedEntries = _profile.RetainedEntries,
            SnapshotSliceBytes = _profile.SnapshotSliceBytes,
            SnapshotBytesPerSecond = _profile.SnapshotBytesPerSecond,
            OlderWaits = TimeSpan.FromSeconds(1),
            OperationWaits = TimeSpan.FromSeconds(1.5),
            LevelMax = BuildLevel(),
        };
        Core = new(settings, _world.Layout, recovered, _profile.Log, this);
        _disk = new(
            _files,
            new(_files, _folder.LogDirectory, _profile.Log, recovered.Log.Position),
            _folder.SnapshotDirectory);
        Life++;
        _mayPrepare = true;
        foreach (Shard shard in Core.Shards)
        {
            _world.Rules.Started(Id, shard);
            if (_world.KeepsText)
            {
                _world.Say($"{Id} begins shard {shard.Id}: {shard.Core.Status}, applied {shard.Applied}");
            }
        }
    }

    /// <summary>Half of the starts of a node with the build before are those with which it gets the new one; all have
    /// it in the end. Nobody ever goes back: the cluster may have been raised meanwhile.</summary>
    private int BuildLevel()
    {
        _hasOldBuild &= !_world.IsHealing && (Life == 0 || _random.Chance(0.5));
        if (!_hasOldBuild)
        {
            return OperationTable.KnownLevel;
        }

        _world.Faults.Count(FaultKind.OldBuild);
        return OperationTable.KnownLevel - 1;
    }

    private void Stop()
    {
        _world.Trace.Picture?.Down(Place, "down", _world.Now);
        Core = null;
        _disk = null;
        _folder = null;
        _work.Clear();
        _diskBusy = false;
        _drainDue = false;
        _connections.Clear();
        Life++;
        _world.Network.BreakAll(this);
    }

    private void Tick(int life)
    {
        if (life != Life)
        {
            return;
        }

        if (PausedUntil > _world.Now)
        {
            _world.ScheduleAt(PausedUntil, () => Tick(life));
            return;
        }

        // As the shell does: not before the core says so.
        TimeSpan now = _clock.Read(_world.Now);
        if (Core!.NextTick <= now)
        {
            Core.Tick(now, _world.WallClock);
            DrainSoon();
        }

        _world.Schedule(TickInterval + _random.Next(500), () => Tick(life));
    }

    private void Receive(NodeConnection connection, byte[] array, int length)
    {
        Core!.TellTime(_clock.Read(_world.Now));
        ReadOnlySpan<byte> frames = array.AsSpan(0, length);
        while (!frames.IsEmpty)
        {
            int one = Frame.LengthOf(frames);
            Core.Receive(connection, frames[Frame.HeadBytes..one]);
            frames = frames[one..];
        }

        ArrayPool<byte>.Shared.Return(array);
    }

    /// <summary>As a strand does: what comes until then is drained together.</summary>
    public void DrainSoon()
    {
        if (!_drainDue)
        {
            _drainDue = true;
            int life = Life;
            _world.Schedule(_random.Exponential(_profile.DrainMean), () => Drain(life));
        }
    }

    private void Drain(int life)
    {
        if (life != Life)
        {
            return;
        }

        if (PausedUntil > _world.Now)
        {
            _world.ScheduleAt(PausedUntil, () => Drain(life));
            return;
        }

        _drainDue = false;
        do
        {
            _outbox.Clear();
            Core!.Drain(_outbox);
            foreach (DiskWork work in _outbox.Disk)
            {
                _work.Enqueue(work);
            }

            foreach (NodeConnection connection in _outbox.Connections)
            {
                Flush(connection);
            }
        }
        while (_outbox.IsUnfinished);
        if (_world.Trace.Picture is { } picture)
        {
            Show(picture);
        }

        StartDisk();
    }

    private void Flush(NodeConnection connection)
    {
        var link = (SimLink)connection.Transport!;
        _world.Network.Send(link.OutOf(this), connection.Output.Take());
        connection.Output.Clear();
        if (connection.CloseReason is not null)
        {
            _world.Schedule(5_000, () => _world.Network.Break(link));
        }
    }
}

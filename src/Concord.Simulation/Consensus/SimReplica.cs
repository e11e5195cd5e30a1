using System.Globalization;
using Concord.Consensus;
using Concord.Simulation.Pictures;

namespace Concord.Simulation.Consensus;

/// <summary>
/// A process that hosts one replica: it turns events into calls of the core and does what the outbox says. It may crash
/// between any two of these things. What survives is its <see cref="LogDisk"/>.
/// </summary>
internal sealed partial class SimReplica
{
    private readonly CoreWorld _world;
    private readonly SimProtocol _protocol;
    private readonly SimRandom _random;
    private readonly List<DiskWrite> _done = [];
    private Outbox _outbox = new();
    private SimClock _clock;
    private ulong _durableSequence;
    private bool _drainPending;
    private long _incarnation;

    public SimReplica(CoreWorld world, int place, SimProtocol protocol, SimRandom random)
    {
        _world = world;
        _protocol = protocol;
        _random = random;
        Place = place;
        IsEnrolled = IsFounder;
        Disk = new(random.Fork("disk"), world.Faults);
        _clock = new(0, random.Between(0, 1_000_000));
    }

    public int Place { get; }

    public NodeId Id => new((ushort)(Place + 1));

    public LogDisk Disk { get; }

    public IReplicatedLog? Core { get; private set; }

    public bool IsUp => Core is not null;

    /// <summary>The time as this replica sees it.</summary>
    public TimeSpan Clock => _clock.Read(_world.Now);

    public ulong Applied { get; private set; }

    /// <summary>Until then nothing is processed; the clock goes on.</summary>
    public long PausedUntil { get; set; }

    /// <summary>Syncs that begin before then take very long.</summary>
    public long StalledUntil { get; set; }

    /// <summary>The next time this replica has appended something as the leader, it falls: after so many of its
    /// messages.</summary>
    public int? CrashAfterSends { get; set; }

    /// <summary>Packets that come before then wait for a while.</summary>
    public long SlowUntil { get; set; }

    public void SetClockRate(double rate) => _clock.SetRate(_world.Now, rate);

    public void StepClock(long microseconds) => _clock.Step(_world.Now, microseconds);

    public void Start()
    {
        if (IsUp || !IsEnrolled || Disk.IsWiped)
        {
            return;
        }

        _incarnation++;
        MachineSnapshot? snapshot = Disk.Snapshot;
        var log = new LogBuffer(new(Disk.SnapshotIndex), snapshot?.Point.Stamp ?? Stamp.None);
        for (ulong index = Disk.SnapshotIndex + 1; index <= Disk.Log.Last; index++)
        {
            if (Disk.Log.At(index) is { } entry)
            {
                log.Put(new(index), entry.Stamp, entry.Origin, entry.Kind, entry.Payload);
            }
        }

        _machine = new();
        if (snapshot is not null)
        {
            _machine.Load(snapshot.State);
        }

        Applied = Disk.SnapshotIndex;
        _lastSnapshot = Applied;
        _outbox = new();
        _durableSequence = 0;
        _drainPending = false;
        PausedUntil = 0;
        RecoveredReplica recovered = new()
        {
            HardState = Disk.HardState,
            Log = log,
            CommitIndex = new(Disk.SnapshotIndex),
            Membership = snapshot?.Point.Membership ?? FirstMembership,
            MembershipIndex = snapshot?.Point.MembershipIndex ?? default,
            IsImpaired = Disk.IsImpaired,
        };
        Core = _protocol.New(new(Id, _world.Profile, _random.Next(), recovered));
        _world.Rules.Started(this);
        _world.Trace.Picture?.Up(Place, _world.Now);
        _world.Schedule(_random.Between(0, _world.Profile.TickInterval), new(CoreEventKind.Tick, Place, _incarnation));
        if (_world.Profile.HostTellsLiveness)
        {
            _world.Schedule(0, new(CoreEventKind.TellAlive, Place, _incarnation));
        }

        if (_world.Trace.KeepsText)
        {
            _world.Note(
                $"{Id} starts: {Disk.HardState.Stamp} voted {Disk.HardState.VotedFor}, "
                + $"snapshot {Disk.SnapshotIndex}, last {log.Last}@{log.LastStamp}");
        }
    }

    public void Crash()
    {
        if (_world.Trace.KeepsText)
        {
            _world.Note($"{Id} crashes");
        }

        _world.Trace.Picture?.Down(Place, "crashed", _world.Now);
        Core = null;
        CrashAfterSends = null;
        _incarnation++;
        _fetchingUntil = 0;
        ForgetRequests();
        Disk.Crash();
    }

    /// <summary>The state of its machine, to be compared.</summary>
    public byte[] SaveState() => _machine.Save();

    public void On(in CoreEvent next)
    {
        if (next.Kind == CoreEventKind.Restart)
        {
            Start();
            return;
        }

        bool isOfThisLife = next.Kind is CoreEventKind.Deliver or CoreEventKind.Request or CoreEventKind.SnapshotRequest
            or CoreEventKind.Alive or CoreEventKind.Operate || next.Number == _incarnation;
        bool arrives = next.Subject is not Flight flight || _world.Network.Arrives(flight);
        if (next.Subject is Flight { Packet.Number: >= 0 and var number })
        {
            Show(number, arrives && IsUp);
        }

        if (!isOfThisLife || !arrives || !IsUp)
        {
            return;
        }

        try
        {
            Handle(next);
        }
        catch (InvariantViolationException broken)
        {
            throw new ViolatedException("core-invariant", $"{Id}: {broken.Rule}; {Describe()}");
        }
        catch (Exception exception) when (exception is not ViolatedException)
        {
            throw new ViolatedException("core-exception", $"{Id}: {exception}");
        }
    }

    /// <summary>What this event has changed, for the picture.</summary>
    public void Show(PictureRecorder picture)
    {
        if (Core is { } core)
        {
            picture.Observe(Place, 0, core, Applied, _world.Now);
        }
    }

    public string Describe()
    {
        if (Core is not { } core)
        {
            return $"{Id}:down";
        }

        ReplicaStatus status = core.Status;
        return string.Create(
            CultureInfo.InvariantCulture,
            $"{Id}:{status.Role}{(status.IsImpaired ? " impaired" : "")} {status.Stamp} "
            + $"of {status.Leader} in {core.Membership} base {core.Log.Base} applied {Applied} "
            + $"commit {status.CommitIndex} last {status.LastIndex}");
    }

    private void Show(int message, bool arrives)
    {
        if (arrives)
        {
            _world.Trace.Picture!.Arrived(message, _world.Now);
        }
        else
        {
            _world.Trace.Picture!.Lost(message, _world.Now, atTheEnd: true);
        }
    }

    private void Handle(in CoreEvent next)
    {
        switch (next.Kind)
        {
            case CoreEventKind.Tick:
                OnTick(next);
                break;
            case CoreEventKind.Alive:
                OnAlive((AliveSign)next.Subject!);
                break;
            case CoreEventKind.TellAlive:
                TellAlive(next);
                break;
            case CoreEventKind.Operate:
                OnOperate((OperatorRequest)next.Subject!);
                break;
            case CoreEventKind.Deliver:
                OnPacket(((Flight)next.Subject!).Packet);
                break;
            case CoreEventKind.SyncDone:
                OnSyncDone();
                break;
            case CoreEventKind.Drain:
                Settle();
                break;
            case CoreEventKind.Request:
                OnRequest((Request)next.Subject!);
                DrainSoon();
                break;
            case CoreEventKind.SnapshotRequest:
                SendSnapshot((SnapshotFetch)next.Subject!);
                break;
            case CoreEventKind.SnapshotArrives:
                OnSnapshot((MachineSnapshot)next.Subject!);
                break;
            case CoreEventKind.SnapshotDurable:
                Install((MachineSnapshot)next.Subject!);
                break;
        }
    }

    private void OnTick(in CoreEvent next)
    {
        _world.Schedule(_world.Profile.TickInterval, next);

        // Drained first: a tick may change the term, and what a drain tells must belong to one term.
        if (!Settle() || (_world.Profile.HonoursNextTick && Core!.NextTick > Clock))
        {
            return;
        }

        Core!.Tick(Clock);
        Drain();
    }

    private void OnPacket(Packet packet)
    {
        if (!MessageCodec.TryRead(packet.Bytes, out Message message, out EntryReader entries))
        {
            throw new ViolatedException("codec", $"{Id} cannot read what {packet.From + 1} wrote");
        }

        bool mayChangeMuch = message.Stamp != Core!.Status.Stamp
            || message.Kind is MessageKind.RequestVote or MessageKind.RequestVoteReply or MessageKind.Promise
                or MessageKind.PreVoteReply or MessageKind.TimeoutNow;
        if (mayChangeMuch && !Settle())
        {
            return;
        }

        if (_world.Trace.KeepsText)
        {
            _world.Note($"{Id} <- {message}");
        }

        _world.Trace.Add(message.Stamp.Value, message.Index.Value, ((ulong)message.Kind << 56) | message.Commit.Value);
        _world.Rules.Delivered(this, message, packet.Step);
        Core.Step(message, entries, Clock);
        if (mayChangeMuch)
        {
            Drain();
        }
        else
        {
            DrainSoon();
        }
    }

    private void OnSyncDone()
    {
        if (!Settle())
        {
            return;
        }

        Disk.EndSync(_done);
        foreach (DiskWrite write in _done)
        {
            if (write.Snapshot is { } snapshot)
            {
                OnSnapshotTaken(snapshot);
            }
            else
            {
                _durableSequence = Math.Max(_durableSequence, write.Sequence);
                Core!.DurableTo(write.Sequence);
                if (_random.Chance(_world.Profile.LateReportChance))
                {
                    Core.DurableTo(write.Sequence - (ulong)_random.Next((int)Math.Min(write.Sequence, 4) + 1));
                }
            }
        }

        _done.Clear();
        BeginSync();
        Drain();
    }

    private void BeginSync()
    {
        if (Disk.IsSyncing || !Disk.HasWaiting)
        {
            return;
        }

        Disk.BeginSync();
        _world.Schedule(SyncDelay(), new(CoreEventKind.SyncDone, Place, _incarnation));
    }

    private long SyncDelay()
    {
        CoreProfile profile = _world.Profile;
        long delay = 20 + _random.Exponential(profile.SyncMean);
        if (_random.Chance(profile.StallChance) || _world.Now < StalledUntil)
        {
            _world.Faults.Count(FaultKind.DiskStall);
            delay += _random.Exponential(200_000);
        }

        return delay;
    }
}

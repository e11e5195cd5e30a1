using Concord.Client.Wire;
using Concord.Cluster.State;
using Concord.Cluster.Storage;
using Concord.Consensus;
using Concord.Encoding;
using Concord.Engines;
using Concord.Operations;

namespace Concord.Cluster.Node;

/// <summary>What a node begins with: what was found in its folder.</summary>
/// <param name="Log">The write-ahead log.</param>
/// <param name="States">The state of each shard's snapshot, by shard; without an entry, empty.</param>
internal sealed record RecoveredState(RecoveredLog Log, IReadOnlyDictionary<uint,
    (Keyspace Keyspace, SnapshotHead Head)> States)
{
    /// <summary>The folder that each other node had when this one first heard of it.</summary>
    public SortedDictionary<ushort, ulong> Peers { get; init; } = [];
}

/// <summary>
/// A whole node below the public API, without I/O: received bytes, completed disk work and ticks in; bytes, disk work
/// and nothing else out. Its shell runs it on a strand with sockets and a disk, the simulator with imaginary ones.
/// </summary>
/// <remarks>
/// Not thread-safe: events come one at a time, and after a batch of them one <see cref="Drain"/>. An exception other
/// than <see cref="MalformedDataException"/> from any member means that the node must stop.
/// </remarks>
internal sealed partial class NodeCore
{
    private const int DrainRoundsMax = 64;

    private readonly Shard?[] _shards;
    private readonly List<Shard> _local = [];
    private readonly List<NodeConnection> _dirty = [];
    private readonly LogOptions _logOptions;
    private List<Shard> _busyShards = [];
    private List<Shard> _drainingShards = [];
    private readonly List<Shard> _drained = [];
    private readonly List<Shard> _gathered = [];
    private List<Shard> _behind = [];
    private List<Shard> _catchingUp = [];
    private readonly ProposalGathering _gathering = new();
    private LogTime _tickTime;
    private TimeSpan _tickedAt;

    public NodeCore(
        NodeSettings settings, ClusterLayout layout, RecoveredState recovered, LogOptions logOptions,
            INodeEvents events, NodeDirectory? directory = null)
    {
        Settings = settings;
        Layout = layout;
        Events = events;
        Transactions = new(this);
        _throttle = new(settings.SnapshotBytesPerSecond);
        _logOptions = logOptions;
        _knownFolders = new(recovered.Peers);
        Log = new(logOptions, recovered.Log);
        _isIdentified = recovered.Log.Identity is not null;
        Directory = recovered.Log.Identity is { } identity
            ? ClusterLayout.DecodeDescription(identity.Description.Span).Directory
            : directory ?? NodeDirectory.Founders(layout.Members);
        Identify();
        FollowDirectory();
        _placements = new ShardReport?[layout.Shards];
        _shards = new Shard?[layout.Shards];
        for (int i = 0; i < layout.Shards; i++)
        {
            uint shard = (uint)i;
            if (layout.Places[i].Contains(settings.Self.Value) || recovered.States.ContainsKey(shard)
                || recovered.Log.Shards.Any(held => held.Shard == shard))
            {
                _local.Add(_shards[i] = Recover(shard, recovered));
            }
        }
    }

    public NodeSettings Settings { get; }

    public ClusterLayout Layout { get; }

    public INodeEvents Events { get; }

    public LogAppender Log { get; }

    public TransactionDriver Transactions { get; }

    /// <summary>The monotone time, as it was last told.</summary>
    public TimeSpan Now { get; private set; }

    /// <summary>The wall clock, for stamping entries: of the last tick, and what has passed since. Nothing rests on its
    /// being right, but a delay that is counted from it must not be shorter by the age of a tick.</summary>
    public LogTime Time => new(_tickTime.Milliseconds + (long)(Now - _tickedAt).TotalMilliseconds);

    /// <summary>The shards that this node holds, in order.</summary>
    public IReadOnlyList<Shard> Shards => _local;

    public long StateBytes { get; private set; }

    /// <summary>Time has passed.</summary>
    /// <param name="now">On a clock that never goes back.</param>
    /// <param name="wallClock">For stamping entries.</param>
    public void Tick(TimeSpan now, DateTimeOffset wallClock)
    {
        TellTime(now);
        _tickTime = new(Math.Max(Time.Milliseconds, wallClock.ToUnixTimeMilliseconds()));
        _tickedAt = Now;
        _isActive = false;
        _idleTicks++;
        TickShards();
        TickLiveness();
        TickLocalSessions();
        Transactions.Tick();
        TickAsked();
        TickSnapshots();
        TickMembers();
    }

    /// <summary>Says what time it is, read after what will be received next had come: promises and leases are counted
    /// from it.</summary>
    /// <param name="now">On a clock that never goes back.</param>
    public void TellTime(TimeSpan now) => Now = now > Now ? now : Now;

    /// <summary>Something waits to be drained in this shard.</summary>
    public void MarkBusy(Shard shard)
    {
        shard.HasOnlyProposals = false;
        MarkChanged(shard);
    }

    /// <summary>A proposal waits to be drained in this shard.</summary>
    public void Proposed(Shard shard)
    {
        _gathering.Proposed();
        shard.HasProposals = true;
        MarkChanged(shard);
    }

    /// <summary>A proposal has been applied, or will never be by this leader.</summary>
    public void Settled() => _gathering.Settled();

    private void MarkChanged(Shard shard)
    {
        shard.MayHaveMoved = true;
        if (!shard.IsBusy)
        {
            shard.IsBusy = true;
            _busyShards.Add(shard);
        }
    }

    /// <summary>Does everything that can be done without waiting, and puts what is left to others into the
    /// outbox.</summary>
    public void Drain(NodeOutbox outbox)
    {
        CatchUp();
        DrainShards(sendsProposals: false);
        if (MaySendProposals())
        {
            foreach (Shard shard in _gathered)
            {
                shard.IsGathered = false;
                MarkBusy(shard);
            }

            _gathered.Clear();
            DrainShards(sendsProposals: true);
        }

        DrainDisk(outbox);
        foreach (NodeConnection connection in _dirty)
        {
            connection.IsDirty = false;
            outbox.Connections.Add(connection);
        }

        _dirty.Clear();
        outbox.IsUnfinished = _busyShards.Count > 0 || _behind.Count > 0;
    }

    private void DrainShards(bool sendsProposals)
    {
        // In the order in which they got busy, a bounded piece of each in its turn: none starves another. What one does
        // may concern another on this node: a prepare, a resolution. Bounded, for the rest comes with the next event.
        for (int round = 0; _busyShards.Count > 0 && round < DrainRoundsMax; round++)
        {
            (_busyShards, _drainingShards) = (_drainingShards, _busyShards);
            foreach (Shard shard in _drainingShards)
            {
                shard.IsBusy = false;
                shard.MayHaveMoved = true;
                shard.HasProposals &= !sendsProposals;
                bool hasMore = shard.HasOnlyProposals && shard.HasProposals;
                shard.HasOnlyProposals = true;
                if (!hasMore)
                {
                    DrainShard(shard);
                }

                if (shard.HasProposals && !shard.IsGathered)
                {
                    shard.IsGathered = true;
                    _gathered.Add(shard);
                }
            }

            _drainingShards.Clear();
            RunCommitted();
        }
    }

    private void DrainShard(Shard shard)
    {
        if (shard.Drain(keepsProposals: shard.HasProposals))
        {
            _isActive = true;
            MarkBusy(shard);
        }

        _drained.Add(shard);
    }

    /// <summary>What was drained runs what it has committed; but if a batch can leave for the disk, afterwards: the
    /// leader waits for that batch, and nobody for what a follower runs.</summary>
    private void RunCommitted()
    {
        bool isLogWaiting = Log.HasWaiting && !_isLogBusy;
        foreach (Shard shard in _drained)
        {
            if (!isLogWaiting || !shard.HasCommitted)
            {
                if (shard.RunCommitted())
                {
                    MarkBusy(shard);
                }
            }
            else if (!shard.IsBehind)
            {
                shard.IsBehind = true;
                _behind.Add(shard);
            }
        }

        _drained.Clear();
    }

    /// <summary>The batch has left that came first.</summary>
    private void CatchUp()
    {
        (_behind, _catchingUp) = (_catchingUp, _behind);
        foreach (Shard shard in _catchingUp)
        {
            shard.IsBehind = false;
            shard.RunCommitted();
            MarkBusy(shard);
        }

        _catchingUp.Clear();
    }

    /// <summary>While a batch is on its way to the disk, proposals wait for the end of that: they are applied only
    /// after the next one, so to send them sooner would spare no time and cost a message for each few. When something
    /// else is written, they go with it. Else they may wait for others.</summary>
    private bool MaySendProposals() => !_isLogBusy && (Log.HasWaiting || !_gathering.Holds(Now));

    /// <summary>The lowest level that all replicas of a shard have said they know; the first for those that have not
    /// spoken.</summary>
    public int LevelKnownToAll(Membership members)
    {
        int level = Settings.LevelMax;
        foreach (NodeId node in members.Members)
        {
            if (node != Settings.Self)
            {
                bool hasSpoken = _peers.TryGetValue(node.Value, out Peer? peer) && peer.Level > 0;
                level = Math.Min(level, hasSpoken ? peer!.Level : OperationTable.FirstLevel);
            }
        }

        return level;
    }

    private Shard Recover(uint id, RecoveredState recovered)
    {
        RecoveredShard? found = null;
        foreach (RecoveredShard shard in recovered.Log.Shards)
        {
            found = shard.Shard == id ? shard : found;
        }

        bool hasState = recovered.States.TryGetValue(id, out (Keyspace Keyspace, SnapshotHead Head) state);
        LogIndex snapshot = hasState ? state.Head.Index : LogIndex.Zero;
        Stamp stamp = hasState ? state.Head.Stamp : Stamp.None;
        LogBuffer log = found?.Log ?? new LogBuffer();
        Invariant.Check((found?.SnapshotIndex ?? default) <= snapshot,
            "the snapshot that the log names was loaded, or a newer one");
        Invariant.Check(
            found is null || found.Form == LogForm.Unknown || found.Form == Layout.Protocol.Form,
            "a log is gone on with by the protocol that wrote it");
        if (log.Base < snapshot)
        {
            // The file is durable and counts, though the crash came before the log said so.
            Log.MarkSnapshot(id, new(snapshot, stamp), log);
            if (Layout.Protocol.Form == LogForm.Places || (log.Covers(snapshot) && log.StampAt(snapshot) == stamp))
            {
                log.DiscardThrough(snapshot, stamp);
            }
            else
            {
                log.Restart(snapshot, stamp);
            }
        }

        (LogIndex membershipIndex, Membership membership) = MembershipExtra.Read(
            hasState ? state.Head.Extra.Span : default, FoundersOf(id));
        RecoveredReplica start = new()
        {
            HardState = found?.HardState ?? default,
            Log = log,
            CommitIndex = snapshot,
            Membership = membership,
            MembershipIndex = membershipIndex,
            IsImpaired = BeginImpaired(id, recovered.Log, log),
        };
        var replica = new Shard(
            this,
            id,
            Layout.Protocol.Create(OptionsOf(id), start),
            hasState ? state.Keyspace : new Keyspace(),
            (snapshot, stamp),
            hasState ? state.Head.Time : default);
        replica.Adopt();
        return replica;
    }

    /// <summary>The members that a shard began with, to those that are among them. Another node knows nobody until the
    /// shard's log tells it.</summary>
    private Membership FoundersOf(uint shard) =>
        Layout.Places[(int)shard].Contains(Settings.Self.Value)
            ? Layout.MembershipOf((int)shard)
            : Membership.None;

    private ReplicaOptions OptionsOf(uint shard)
    {
        bool preferred = Layout.Places[(int)shard][0] == Settings.Self.Value;
        return new()
        {
            Self = Settings.Self,
            Seed = SlotHash.Hash(BitConverter.GetBytes(shard), Settings.Seed),
            ElectionTimeout = Settings.ElectionTimeout,
            HeartbeatInterval = Settings.HeartbeatInterval,
            LeaderLease = Settings.LeaderLease,
            HostTellsLiveness = true,

            // So that leaders are spread over the nodes: the preferred one stands first, the others give it time.
            FirstElectionTimeout = preferred ? Settings.ElectionTimeout / 4 : null,
            InflightBytesMax = 4 << 20,
        };
    }
}

using Concord.Cluster.Node;
using Concord.Cluster.Runtime;
using Concord.Cluster.Storage;
using Concord.Consensus;
using Concord.Engines;
using Concord.Simulation.Disk;

namespace Concord.Cluster.Tests.Node;

/// <summary>A node core on a simulated disk, whose work is done at once.</summary>
internal sealed class TestNode : INodeEvents, IDisposable
{
    public static readonly LogOptions LogOptions =
        new() { SegmentBytes = 256 << 10, BatchBytesMax = 64 << 10, LogBytesLimit = 4 << 20 };

    private readonly NodeFolder _folder;
    private readonly NodeDisk _disk;
    private readonly NodeOutbox _outbox = new();

    public TestNode(
        SimFileSystem files, ClusterLayout layout, NodeDirectory? directory, NodeSettings settings)
    {
        _folder = NodeFolder.Open(files, "/node");
        (RecoveredState state, ulong incarnation) = NodeStart.Open(
            files, _folder, LogOptions, directory is null ? layout : null, settings.Self, settings.Incarnation);
        NodeStart.Own(files, _folder, layout.ClusterId, settings.Self, incarnation);
        Core = new(settings with { Incarnation = incarnation }, layout, state, LogOptions, this, directory);
        _disk = new(
            files,
            new LogDevice(files, _folder.LogDirectory, LogOptions, state.Log.Position),
            _folder.SnapshotDirectory);
    }

    public NodeCore Core { get; }

    public NodeId Id => Core.Settings.Self;

    public List<string> Refusals { get; } = [];

    public List<bool> ReadOnlyChanges { get; } = [];

    public List<LogIndex> Taken { get; } = [];

    public List<LogIndex> Installed { get; } = [];

    /// <summary>How long its disk takes to make a batch durable; its clock runs ahead of the cluster's by it.</summary>
    public TimeSpan SyncTime { get; set; }

    /// <summary>Hears of disk work that was done, before the core does.</summary>
    public Action<DiskWork> Worked { get; set; } = static _ => { };

    /// <summary>Whether the core has more to do at once, whatever happens.</summary>
    public bool IsUnfinished => _outbox.IsUnfinished;

    /// <summary>Drains the core and does its disk work.</summary>
    /// <returns>Whether there was anything to do.</returns>
    public bool Turn()
    {
        _outbox.Clear();
        Core.Drain(_outbox);
        foreach (NodeConnection connection in _outbox.Connections)
        {
            byte[] frames = connection.Output.Take().ToArray();
            connection.Output.Clear();
            ((Action<byte[]>)connection.Transport!)(frames);
        }

        foreach (DiskWork work in _outbox.Disk)
        {
            work.Run(_disk);
            Worked(work);
            Core.TellTime(Core.Now + (work is BatchWrite ? SyncTime : TimeSpan.Zero));
            Core.Completed(work);
        }

        return _outbox.IsUnfinished || _outbox.Connections.Count > 0 || _outbox.Disk.Count > 0;
    }

    public void Dispose()
    {
        _disk.Log.Dispose();
        _folder.Dispose();
    }

    public void LeadershipWon(uint shard, Stamp term)
    {
    }

    public void LeadershipLost(uint shard, Stamp term)
    {
    }

    public void Applied(Shard shard, LogIndex index, in Command command, in Execution execution)
    {
    }

    public void SessionExpired(uint shard, SessionId session)
    {
    }

    public void SnapshotTaken(uint shard, LogIndex index) => Taken.Add(index);

    public void SnapshotInstalled(uint shard, LogIndex index) => Installed.Add(index);

    public void ReadOnlyChanged(bool isReadOnly, long bytesNeeded) => ReadOnlyChanges.Add(isReadOnly);

    public void ConnectionRefused(string reason) => Refusals.Add(reason);
}

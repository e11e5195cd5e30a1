using Concord.Cluster.State;
using Concord.Consensus;

namespace Concord.Cluster.Node;

/// <content>The state as a file, and a state that came as one.</content>
internal sealed partial class Shard
{
    private long _bytesSinceSnapshot;

    /// <summary>Up to where the newest durable snapshot goes.</summary>
    public LogIndex SnapshotIndex { get; private set; }

    public Stamp SnapshotStamp { get; private set; }

    /// <summary>When another node asked for a piece of it last; null if none has.</summary>
    public TimeSpan? SnapshotAskedAt { get; set; }

    /// <summary>How much log has been applied since the last snapshot.</summary>
    public long BytesSinceSnapshot => _bytesSinceSnapshot;

    public bool IsSnapshotDue => _bytesSinceSnapshot >= _node.Settings.SnapshotEveryBytes;

    /// <summary>Begins a snapshot of the state as it is now; writers go on.</summary>
    public SnapshotWriter? BeginSnapshot()
    {
        if (_applied <= SnapshotIndex)
        {
            return null;
        }

        _bytesSinceSnapshot = 0;
        SnapshotPoint point = _core.PointAt(_applied);
        return new(Keyspace, Id, point.Index, point.Stamp, Now, MembershipExtra.Write(point));
    }

    /// <summary>There was no room for the snapshot that was begun: it is still due.</summary>
    public void SnapshotGivenUp() => _bytesSinceSnapshot = _node.Settings.SnapshotEveryBytes;

    /// <summary>A snapshot, and the mark that names it, are durable: the log before it is not needed.</summary>
    public void SnapshotDurable(LogIndex index, Stamp stamp)
    {
        if (index < SnapshotIndex)
        {
            return;
        }

        (SnapshotIndex, SnapshotStamp) = (index, stamp);
        _core.SnapshotTaken(index, _node.Settings.RetainedEntries);
        _node.Events.SnapshotTaken(Id, index);
    }

    /// <summary>The state of another replica is durable here: goes on from it.</summary>
    public void Install(Keyspace keyspace, SnapshotHead head)
    {
        (SnapshotIndex, SnapshotStamp) = (head.Index, head.Stamp);
        _executor = new(keyspace, this) { Now = head.Time };
        _applied = head.Index;
        _bytesSinceSnapshot = 0;
        (LogIndex index, Membership membership) =
            MembershipExtra.Read(head.Extra.Span, _node.Layout.MembershipOf((int)Id));
        _core.SnapshotInstalled(new(head.Index, head.Stamp, membership, index));
        Adopt();
        _node.Events.SnapshotInstalled(Id, head.Index);
        _node.MarkBusy(this);
    }
}

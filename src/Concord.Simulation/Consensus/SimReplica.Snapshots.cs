using Concord.Consensus;
using Concord.Simulation.Pictures;

namespace Concord.Simulation.Consensus;

/// <summary>A replica that wants another one's snapshot.</summary>
internal sealed record SnapshotFetch(int Target, long Incarnation);

/// <content>Taking snapshots, and fetching them from another replica.</content>
internal sealed partial class SimReplica
{
    private const double StaleSnapshotChance = 0.2;
    private const double UnaskedSnapshotChance = 0.3;

    private MachineSnapshot? _olderSnapshot;
    private ulong _lastSnapshot;
    private long _fetchingUntil;

    private void TakeSnapshotIfDue()
    {
        if (Applied - _lastSnapshot < (ulong)_world.Profile.SnapshotEvery)
        {
            return;
        }

        SnapshotPoint point = Core!.PointAt(new(Applied));
        if (point.Membership.Voters.Count == 0)
        {
            // A newcomer whose log does not name its group yet: its snapshot would name nobody.
            return;
        }

        _lastSnapshot = Applied;
        LogEntry entry = _world.Rules.Committed.At(Applied)!;
        _world.Rules.CheckPoint(this, entry, point);
        Disk.Submit(new() { Snapshot = new(entry, point, _machine.Save()) });
        BeginSync();
    }

    private void FetchSnapshot(NodeId source)
    {
        if (_world.Now < _fetchingUntil)
        {
            return;
        }

        // If nothing comes, the leader says again that a snapshot is needed, and it is asked for again.
        _fetchingUntil = _world.Now + (20 * _world.Profile.DelayMean) + 50_000;
        if (!_world.Network.IsCut(Place, source.Value - 1))
        {
            SnapshotFetch fetch = new(Place, _incarnation);
            _world.Schedule(
                _world.TransferDelay(), new(CoreEventKind.SnapshotRequest, source.Value - 1, Subject: fetch));
        }
    }

    private void SendSnapshot(SnapshotFetch fetch)
    {
        if (Disk.Snapshot is { } snapshot && !_world.Network.IsCut(Place, fetch.Target))
        {
            long delay = _world.TransferDelay();
            _world.Schedule(delay, new(CoreEventKind.SnapshotArrives, fetch.Target, fetch.Incarnation, snapshot));
            Show(snapshot, fetch.Target, delay);
        }
    }

    /// <summary>
    /// A transfer that ends when nobody needs it: at once, while the other one has the entries and does not know yet
    /// that they are committed, or long after.
    /// </summary>
    private void SendUnasked(MachineSnapshot snapshot)
    {
        if (!_random.Chance(UnaskedSnapshotChance))
        {
            return;
        }

        SimReplica target = _world.Replicas[_random.Next(_world.Replicas.Length)];
        long delay = _random.Chance(0.7) ? _world.ClientDelay() : _random.Between(10_000, 1_000_000);
        if (target != this && target.IsEnrolled)
        {
            _world.Schedule(delay, new(CoreEventKind.SnapshotArrives, target.Place, target._incarnation, snapshot));
            Show(snapshot, target.Place, delay);
        }
    }

    private void Show(MachineSnapshot snapshot, int target, long delay)
    {
        if (_world.Trace.Picture is { } picture)
        {
            LogEntry entry = snapshot.Entry;
            int number = picture.Transfer(0, Place, target, entry.Index, entry.Stamp.Term, _world.Now);
            picture.Arrived(number, _world.Now + delay);
        }
    }

    private void OnSnapshot(MachineSnapshot snapshot)
    {
        _fetchingUntil = 0;
        _world.Schedule(SyncDelay(), new(CoreEventKind.SnapshotDurable, Place, _incarnation, snapshot));
    }

    private void OnSnapshotTaken(MachineSnapshot snapshot)
    {
        _world.Faults.Count(FaultKind.SnapshotTaken);
        _world.Trace.Picture?.Mark(MarkKind.Snapshot, Place, _world.Now, $"took a snapshot at {snapshot.Entry}");
        Core!.SnapshotTaken(new(snapshot.Entry.Index), _world.Profile.SnapshotRetain);
        SendUnasked(snapshot);
    }

    private void Install(MachineSnapshot snapshot)
    {
        if (!Settle())
        {
            return;
        }

        LogEntry entry = snapshot.Entry;
        if (entry.Index > Applied)
        {
            _machine.Load(snapshot.State);
            Applied = entry.Index;
            _lastSnapshot = Math.Max(_lastSnapshot, Applied);
            _world.Faults.Count(FaultKind.SnapshotInstalled);
            _world.Trace.Picture?.Mark(MarkKind.Snapshot, Place, _world.Now, $"installed the snapshot at {entry}");
            Disk.Install(snapshot, _world.Rules.PlacesStandAlone);
            if (_world.Trace.KeepsText)
            {
                _world.Note($"{Id} installs the snapshot at {entry}");
            }
        }

        Core!.SnapshotInstalled(snapshot.Point);
        _world.Rules.Installed(this, snapshot, _machine.Digest);
        if (_olderSnapshot is { } older && older.Entry.Index <= Applied && _random.Chance(StaleSnapshotChance))
        {
            // The end of a transfer that was given up long ago: what it brings is behind what is here.
            Core.SnapshotInstalled(older.Point);
        }

        _olderSnapshot = snapshot;
        Drain();
    }
}

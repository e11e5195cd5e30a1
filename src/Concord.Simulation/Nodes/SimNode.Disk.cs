using Concord.Cluster.Node;
using Concord.Simulation.Consensus;
using Concord.Simulation.Disk;

namespace Concord.Simulation.Nodes;

/// <content>The log thread: one piece of work at a time, in order, late; and the machine may die in the middle of
/// it.</content>
internal sealed partial class SimNode
{
    private readonly Queue<DiskWork> _work = new();
    private NodeDisk? _disk;
    private long _diskStalledUntil;
    private bool _diskBusy;
    private bool _mayPrepare = true;

    public void StallDisk(long until) => _diskStalledUntil = Math.Max(_diskStalledUntil, until);

    public void FailNextSync() => _files.FailNextSync = true;

    /// <summary>Somebody else takes all of the disk but a little.</summary>
    public void FillDisk(long left) => _files.BytesLimit = _files.BytesUsed + left;

    public void FreeDisk() => _files.BytesLimit = long.MaxValue;

    /// <summary>Dies at one of the next things that it does to its disk.</summary>
    public void CrashInDiskWork(int operations) => _files.CrashPoint = (2 * _files.OperationCount) + operations;

    private void StartDisk()
    {
        if (_diskBusy || !IsUp)
        {
            return;
        }

        if (!_work.TryDequeue(out DiskWork? work) && !_mayPrepare)
        {
            return;
        }

        _diskBusy = true;
        int life = Life;

        // Done at once and reported late, or late and reported at once: a crash finds it on either side.
        bool early = _random.Chance(_profile.DiskEarlyChance);
        if (early && !TryRun(work))
        {
            return;
        }

        long at = Math.Max(_world.Now + _random.Exponential(_profile.DiskMean), _diskStalledUntil);
        _world.ScheduleAt(at, () => FinishDisk(life, work, early));
    }

    private void FinishDisk(int life, DiskWork? work, bool early)
    {
        if (life != Life)
        {
            return;
        }

        if (PausedUntil > _world.Now)
        {
            _world.ScheduleAt(PausedUntil, () => FinishDisk(life, work, early));
            return;
        }

        if (!early && !TryRun(work))
        {
            return;
        }

        _diskBusy = false;
        if (work is not null)
        {
            _mayPrepare = true;
            _world.Trace.Add((ulong)_world.Now, (ulong)Place, 77);
            Core!.TellTime(_clock.Read(_world.Now));
            Core.Completed(work);
            DrainSoon();
        }

        StartDisk();
    }

    private bool TryRun(DiskWork? work)
    {
        try
        {
            if (work is not null)
            {
                work.Run(_disk!);
            }
            else
            {
                _mayPrepare = _disk!.Log.PrepareAhead();
            }

            return true;
        }
        catch (SimCrashException e)
        {
            _world.Faults.Count(FaultKind.CrashInDiskWork);
            Crash(e.Message);
        }
        catch (IOException e)
        {
            Crash(e.Message, isPowerLoss: _random.Chance(0.5));
        }

        _world.RestartLater(this);
        return false;
    }
}

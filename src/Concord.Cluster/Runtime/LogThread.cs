using Concord.Cluster.Node;

namespace Concord.Cluster.Runtime;

/// <summary>The one thread that touches the node's files, so that nothing else ever waits for the disk.</summary>
internal sealed class LogThread
{
    private readonly NodeDisk _disk;
    private readonly Action<DiskWork> _completed;
    private readonly Action<Exception> _failed;
    private readonly Queue<DiskWork> _work = new();
    private readonly object _gate = new();
    private readonly Thread _thread;
    private bool _isStopped;

    public LogThread(NodeDisk disk, Action<DiskWork> completed, Action<Exception> failed)
    {
        _disk = disk;
        _completed = completed;
        _failed = failed;
        _thread = new(Run) { IsBackground = true, Name = "concord log" };
    }

    public void Start() => _thread.Start();

    public void Add(DiskWork work)
    {
        lock (_gate)
        {
            _work.Enqueue(work);
            Monitor.Pulse(_gate);
        }
    }

    public void Stop()
    {
        lock (_gate)
        {
            _isStopped = true;
            if (Thread.CurrentThread == _thread)
            {
                // Whoever stops does not wait for this thread, and gives the folder to others: nothing more is written.
                _work.Clear();
            }

            Monitor.Pulse(_gate);
        }

        if (Thread.CurrentThread != _thread)
        {
            _thread.Join();
        }
    }

    private void Run()
    {
        try
        {
            bool mayPrepare = true;
            while (Take(mayPrepare, out DiskWork? work))
            {
                if (work is not null)
                {
                    if (work is GatheringPause pause)
                    {
                        Await(pause);
                    }

                    work.Run(_disk);
                    _completed(work);
                    mayPrepare = true;
                }
                else
                {
                    // Nothing waits: the next segment is made ready in slices, so that no batch waits long for it.
                    mayPrepare = _disk.Log.PrepareAhead();
                }
            }
        }
        catch (Exception e) when (e is not OutOfMemoryException)
        {
            _failed(e);
        }
        finally
        {
            _disk.Log.Dispose();
        }
    }

    /// <summary>Those who are waited for end it themselves, nearly always, or the next event after its time is over.
    /// This is for when there is none, and no finer than the timers of the system.</summary>
    private void Await(GatheringPause pause)
    {
        lock (_gate)
        {
            if (_work.Count == 0 && !_isStopped)
            {
                Monitor.Wait(_gate, (int)Math.Ceiling(pause.Length.TotalMilliseconds));
            }
        }
    }

    private bool Take(bool mayPrepare, out DiskWork? work)
    {
        lock (_gate)
        {
            while (_work.Count == 0 && !mayPrepare && !_isStopped)
            {
                Monitor.Wait(_gate);
            }

            _work.TryDequeue(out work);
            return work is not null || !_isStopped;
        }
    }
}

using System.Collections.Concurrent;
using System.Diagnostics.CodeAnalysis;
using Concord.Cluster.Node;

namespace Concord.Cluster.Runtime;

/// <summary>The one thread that touches the node's files, so that nothing else ever waits for the disk.</summary>
/// <remarks>An event wakes it and no monitor: who pulses a monitor holds it, and whom that wakes waits once
/// more.</remarks>
[SuppressMessage("Design", "CA1001", Justification = "Work may be added after the end; nobody would dispose of it.")]
internal sealed class LogThread
{
    private readonly NodeDisk _disk;
    private readonly Action<DiskWork> _completed;
    private readonly Action<Exception> _failed;
    private readonly ConcurrentQueue<DiskWork> _work = new();
    private readonly AutoResetEvent _added = new(false);
    private readonly Thread _thread;
    private volatile bool _isStopped;

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
        _work.Enqueue(work);
        _added.Set();
    }

    public void Stop()
    {
        _isStopped = true;
        _added.Set();
        if (Thread.CurrentThread == _thread)
        {
            // Whoever stops does not wait for this thread, and gives the folder to others: nothing more is written.
            _work.Clear();
        }
        else
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
        int milliseconds = (int)Math.Ceiling(pause.Length.TotalMilliseconds);
        while (_work.IsEmpty && !_isStopped && _added.WaitOne(milliseconds))
        {
            // Said of work that was taken already, the pause itself perhaps.
        }
    }

    private bool Take(bool mayPrepare, out DiskWork? work)
    {
        while (!_work.TryDequeue(out work) && !mayPrepare && !_isStopped)
        {
            _added.WaitOne();
        }

        return work is not null || !_isStopped;
    }
}

using System.Collections.Concurrent;

namespace Concord.Cluster.Runtime;

/// <summary>
/// A mailbox whose events run one at a time: whoever posts runs them if nobody does, else leaves them there. So there
/// is no hand-over when idle and batching when busy, and no thread of the pool is needed.
/// </summary>
internal sealed class Strand<TEvent>(Action<TEvent> handle, Action drain)
{
    /// <summary>A thread is let go after this many batches: it has something of its own to do.</summary>
    private const int BatchesMax = 16;

    private readonly ConcurrentQueue<TEvent> _mailbox = new();
    private int _running;

    /// <summary>Posts an event, and perhaps runs it and others.</summary>
    /// <returns>False when events are left for which another call of <see cref="Run"/> is needed.</returns>
    public bool Post(TEvent posted)
    {
        _mailbox.Enqueue(posted);
        return Run();
    }

    /// <summary>Runs what is in the mailbox unless somebody does.</summary>
    /// <returns>False when events are left for which another call is needed.</returns>
    public bool Run()
    {
        int batches = 0;
        while (Interlocked.CompareExchange(ref _running, 1, 0) == 0)
        {
            while (_mailbox.TryDequeue(out TEvent? next))
            {
                handle(next);
            }

            drain();

            // A full fence: a plain write could pass the look at the mailbox behind it, and an event that came in
            // between would be left to nobody.
            Interlocked.Exchange(ref _running, 0);
            if (_mailbox.IsEmpty)
            {
                return true;
            }

            if (++batches >= BatchesMax)
            {
                return false;
            }
        }

        return true;
    }
}

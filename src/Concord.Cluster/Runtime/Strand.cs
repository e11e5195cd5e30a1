using System.Collections.Concurrent;

namespace Concord.Cluster.Runtime;

/// <summary>
/// A mailbox whose events run one at a time: whoever posts runs them if nobody does, else leaves them there. So there
/// is no hand-over when idle and batching when busy, and no thread of the pool is needed.
/// </summary>
internal sealed class Strand<TEvent>(Action<TEvent> handle, Action drain)
{
    /// <summary>A caller's thread is let go after this many batches; the node's own threads go on.</summary>
    private const int BatchesOfOthersMax = 16;

    private readonly ConcurrentQueue<TEvent> _mailbox = new();
    private int _running;

    /// <summary>Posts an event, and perhaps runs it and others.</summary>
    /// <param name="posted">The event.</param>
    /// <param name="isOwnThread">The calling thread belongs to the node.</param>
    /// <returns>False when events are left that a thread of the node should run.</returns>
    public bool Post(TEvent posted, bool isOwnThread)
    {
        _mailbox.Enqueue(posted);
        return Run(isOwnThread);
    }

    /// <summary>Runs what is in the mailbox unless somebody does.</summary>
    public bool Run(bool isOwnThread)
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

            if (!isOwnThread && ++batches >= BatchesOfOthersMax)
            {
                return false;
            }
        }

        return true;
    }
}

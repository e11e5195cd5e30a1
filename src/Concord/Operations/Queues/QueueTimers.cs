using Concord.Engines;

namespace Concord.Operations.Queues;

/// <summary>What a queue does when its timer is due.</summary>
internal static class QueueTimers
{
    /// <summary>Promotes messages that have come due, ends deliveries whose time is over, forgets old message ids; a
    /// bounded number of each. The timer is set anew: to this moment when there is more to do.</summary>
    /// <returns>How many receivers in line were served.</returns>
    public static int Wake(IKeyspace keys, ReadOnlySpan<byte> root)
    {
        OpenQueue queue = OpenQueue.Open(keys, root);
        queue.Wake();
        return queue.Grants;
    }
}

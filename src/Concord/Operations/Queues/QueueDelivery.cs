using Concord.Engines;

namespace Concord.Operations.Queues;

/// <summary>What becomes of deliveries and of receivers in line when they are given up, or their session ends.</summary>
internal static class QueueDelivery
{
    /// <summary>Gives a delivery back: its message goes to its old place. No transaction requires it: that has been
    /// looked up.</summary>
    /// <param name="keys">The records.</param>
    /// <param name="root">The root of the queue.</param>
    /// <param name="holdKey">A copy: no write moves it.</param>
    /// <param name="hold">As found; valid until the first write.</param>
    /// <param name="isFailure">The session was lost, or it was taken away: counted, and after the last failure the
    /// message is dead-lettered.</param>
    /// <returns>How many receivers in line were served: at most two.</returns>
    public static int GiveBack(
        IKeyspace keys, ReadOnlySpan<byte> root, ReadOnlySpan<byte> holdKey, in RecordView hold, bool isFailure)
    {
        OpenQueue queue = OpenQueue.Open(keys, root);
        if (isFailure)
        {
            queue.Fail(holdKey, hold.Value, retryAfter: 0, "The receiver was lost."u8);
        }
        else
        {
            queue.Return(holdKey, hold.Value);
        }

        queue.Save();
        return queue.Grants;
    }

    /// <summary>Takes a receiver out of line, if it stands there.</summary>
    public static bool LeaveLine(IKeyspace keys, ReadOnlySpan<byte> root, SessionId session, ulong sequence)
    {
        OpenQueue queue = OpenQueue.Open(keys, root);
        if (!queue.Leave(session, sequence))
        {
            return false;
        }

        queue.Save();
        return true;
    }
}

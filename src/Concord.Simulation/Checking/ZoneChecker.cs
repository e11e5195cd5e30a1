namespace Concord.Simulation.Checking;

/// <summary>
/// Linearizability of one register whose values are written once each (Gibbons and Korach 1997), in O(n log n): a write
/// and its reads are a cluster, a cluster has a zone in time, and zones that must lie before each other both ways mean
/// that there is no order.
/// </summary>
public static class ZoneChecker
{
    /// <summary>Checks a history. Unknown reads are ignored, unknown writes count once somebody has read
    /// them.</summary>
    /// <exception cref="ArgumentException">A value was written twice, or zero was written.</exception>
    public static CheckOutcome Check(IReadOnlyList<RegisterOperationRecord> history)
    {
        ArgumentNullException.ThrowIfNull(history);
        var clusters = new Dictionary<ulong, Cluster> { [0] = new(long.MinValue, long.MinValue) };
        foreach (RegisterOperationRecord operation in history)
        {
            if (operation.IsWrite && !clusters.TryAdd(operation.Value, new(operation.Invoked, operation.Returned)))
            {
                throw new ArgumentException($"The value {operation.Value} is written twice.", nameof(history));
            }
        }

        foreach (RegisterOperationRecord operation in history)
        {
            if (operation.IsWrite || !operation.IsKnown)
            {
                continue;
            }

            if (!clusters.TryGetValue(operation.Value, out Cluster? cluster))
            {
                return CheckOutcome.Illegal($"{operation.Value} was read, and nobody wrote it");
            }

            if (operation.Returned < cluster.WriteInvoked)
            {
                return CheckOutcome.Illegal($"{operation.Value} was read before it was written");
            }

            cluster.AddRead(operation);
        }

        var zones = new List<Cluster>(clusters.Count);
        zones.AddRange(clusters.Values.Where(static cluster => cluster.Counts));
        return CheckZones(zones);
    }

    private static CheckOutcome CheckZones(List<Cluster> zones)
    {
        // A cluster must come before another if something in it returned before something in the other began. Two
        // clusters that must come before each other conflict; if no two do, there is an order.
        List<Cluster> forward = [.. zones.Where(static zone => zone.FirstReturn < zone.LastInvoke)];
        forward.Sort(static (left, right) => left.FirstReturn.CompareTo(right.FirstReturn));
        for (int i = 1; i < forward.Count; i++)
        {
            if (forward[i].FirstReturn < forward[i - 1].LastInvoke)
            {
                return Conflict(forward[i - 1], forward[i]);
            }
        }

        foreach (Cluster zone in zones)
        {
            if (zone.FirstReturn < zone.LastInvoke)
            {
                continue;
            }

            // Forward zones do not overlap here: only the last one that begins before this zone can contain it.
            int at = LastBefore(forward, zone.LastInvoke);
            if (at >= 0 && zone.FirstReturn < forward[at].LastInvoke)
            {
                return Conflict(forward[at], zone);
            }
        }

        return CheckOutcome.Legal;
    }

    private static int LastBefore(List<Cluster> forward, long time)
    {
        int low = 0;
        int high = forward.Count;
        while (low < high)
        {
            int middle = (low + high) / 2;
            if (forward[middle].FirstReturn < time)
            {
                low = middle + 1;
            }
            else
            {
                high = middle;
            }
        }

        return low - 1;
    }

    private static CheckOutcome Conflict(Cluster left, Cluster right) => CheckOutcome.Illegal(
        $"the values written at {left.WriteInvoked} and at {right.WriteInvoked} must each come before the other");

    private sealed class Cluster(long writeInvoked, long writeReturned)
    {
        private bool _isRead;

        public long WriteInvoked { get; } = writeInvoked;

        public long FirstReturn { get; private set; } = writeReturned;

        public long LastInvoke { get; private set; } = writeInvoked;

        /// <summary>A write of unknown outcome that nobody read may never have happened.</summary>
        public bool Counts => _isRead || FirstReturn != long.MaxValue;

        public void AddRead(in RegisterOperationRecord read)
        {
            _isRead = true;
            FirstReturn = Math.Min(FirstReturn, read.Returned);
            LastInvoke = Math.Max(LastInvoke, read.Invoked);
        }
    }
}

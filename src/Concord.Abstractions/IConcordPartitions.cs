namespace Concord;

/// <summary>
/// A number of partitions, shared among the processes that are there: fair (no two differ by more than one) and stable
/// (when one comes or goes, its share moves, and of what the others have about a tenth on average; with few partitions
/// it can be half of it, once). Each partition is held by one process at a time, with a fence of its own.
/// </summary>
public interface IConcordPartitions
{
    /// <summary>The name they were got by.</summary>
    string Name { get; }

    /// <summary>How many there are. The same in all processes that share them.</summary>
    int Count { get; }

    /// <summary>
    /// Takes part: joins, and runs <paramref name="body"/> once for each partition that becomes this process's, at the
    /// same time, until cancelled. A partition moves on when its body has returned.
    /// </summary>
    /// <param name="body">Works on one partition. Its token is cancelled when the partition is to move to another
    /// process, when it is lost, and by the caller: return soon then, for somebody waits. One that returns earlier is
    /// not run again as long as the partition stays here. An exception of its own ends the whole call and comes
    /// out.</param>
    /// <param name="cancellationToken">Ends all bodies, gives everything back, leaves.</param>
    /// <exception cref="OperationCanceledException">The caller ended it: all bodies have returned.</exception>
    Task RunAsync(Func<IPartition, CancellationToken, Task> body, CancellationToken cancellationToken = default);

    /// <summary>Who holds which partition, as of some moment during the call.</summary>
    /// <param name="cancellationToken">Stops waiting.</param>
    /// <exception cref="EngineUnavailableException">No leader, no quorum, no connection within the operation
    /// timeout.</exception>
    ValueTask<IReadOnlyList<PartitionOwner>> DescribeAsync(CancellationToken cancellationToken = default);
}

/// <summary>A partition that is held.</summary>
public interface IPartition : IHold
{
    /// <summary>Which one: 0 to <see cref="IConcordPartitions.Count"/> − 1.</summary>
    int Number { get; }
}

/// <summary>Where a partition is.</summary>
/// <param name="Number">Which one.</param>
/// <param name="SessionId">The session that holds it; null while nobody does.</param>
/// <param name="ProcessName">Its <c>ConcordOptions.ProcessName</c>, for people.</param>
/// <param name="Token">The fencing token of its hold.</param>
public sealed record PartitionOwner(int Number, string? SessionId, string? ProcessName, FencingToken Token);

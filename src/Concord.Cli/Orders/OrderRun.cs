namespace Concord.Cli.Orders;

/// <summary>What came out of placing the orders of a file.</summary>
internal sealed class OrderRun
{
    /// <summary>One per order, in the order of the file.</summary>
    public required IReadOnlyList<OrderOutcome> Outcomes { get; init; }

    /// <summary>How long each order took that this run asked the cluster about, from first asking to knowing;
    /// sorted.</summary>
    public required IReadOnlyList<TimeSpan> Latencies { get; init; }

    public required TimeSpan Elapsed { get; init; }

    /// <summary>The longest time without any commit after the first fault; zero when there was none.</summary>
    public required TimeSpan LongestSilence { get; init; }

    public int Count(OrderOutcome outcome) => Outcomes.Count(each => each == outcome);
}

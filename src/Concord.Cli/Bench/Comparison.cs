namespace Concord.Cli.Bench;

/// <summary>What one side did in one window, per second and per operation.</summary>
internal sealed record SideFigures
{
    private const double MicrosecondsPerSecond = 1e6;

    public required double RatePerSecond { get; init; }

    public required double P50Ms { get; init; }

    public required double P99Ms { get; init; }

    /// <summary>Of all servers together.</summary>
    public required double CpuMicrosecondsPerOperation { get; init; }

    public required double ClientCpuMicrosecondsPerOperation { get; init; }

    /// <summary>Of the write-ahead logs of all servers together; null where they do not tell.</summary>
    public required double? FsyncsPerOperation { get; init; }

    public required long Operations { get; init; }

    public required long Errors { get; init; }

    public static SideFigures Of(LoadResult load)
    {
        double operations = Math.Max(1, load.Operations);
        return new()
        {
            RatePerSecond = load.Operations / load.Seconds,
            P50Ms = load.P50Ms,
            P99Ms = load.P99Ms,
            CpuMicrosecondsPerOperation = load.NodeCpuSeconds * MicrosecondsPerSecond / operations,
            ClientCpuMicrosecondsPerOperation = load.ClientCpuSeconds * MicrosecondsPerSecond / operations,
            FsyncsPerOperation = load.Syncs / operations,
            Operations = load.Operations,
            Errors = load.Errors,
        };
    }

    /// <summary>The medians of windows; what is counted is added up.</summary>
    public static SideFigures MedianOf(IReadOnlyList<SideFigures> windows) => new()
    {
        RatePerSecond = Comparison.Median(windows.Select(each => each.RatePerSecond)),
        P50Ms = Comparison.Median(windows.Select(each => each.P50Ms)),
        P99Ms = Comparison.Median(windows.Select(each => each.P99Ms)),
        CpuMicrosecondsPerOperation = Comparison.Median(windows.Select(each => each.CpuMicrosecondsPerOperation)),
        ClientCpuMicrosecondsPerOperation =
            Comparison.Median(windows.Select(each => each.ClientCpuMicrosecondsPerOperation)),
        FsyncsPerOperation = windows.All(static each => each.FsyncsPerOperation is not null)
            ? Comparison.Median(windows.Select(each => each.FsyncsPerOperation ?? 0))
            : null,
        Operations = windows.Sum(each => each.Operations),
        Errors = windows.Sum(each => each.Errors),
    };
}

/// <summary>
/// Two sides that took turns. A ratio is taken of neighbours, for a machine that slows down slows down both; of these
/// ratios the median counts, and it is not the quotient of the two medians.
/// </summary>
/// <param name="Pairs">The windows, by turns; both have operations.</param>
internal sealed record Comparison(IReadOnlyList<(SideFigures Concord, SideFigures Peer)> Pairs)
{
    public SideFigures Concord { get; } = SideFigures.MedianOf([.. Pairs.Select(pair => pair.Concord)]);

    public SideFigures Peer { get; } = SideFigures.MedianOf([.. Pairs.Select(pair => pair.Peer)]);

    /// <summary>Above 1 when Concord does more.</summary>
    public double Ratio => Median(Ratios);

    public double RatioMin => Ratios.Min();

    public double RatioMax => Ratios.Max();

    /// <summary>Below 1 when Concord answers sooner.</summary>
    public double P50Ratio => Median(Pairs.Select(pair => pair.Concord.P50Ms / pair.Peer.P50Ms));

    /// <summary>Below 1 when Concord's servers use less.</summary>
    public double CpuRatio => Median(
        Pairs.Select(pair => pair.Concord.CpuMicrosecondsPerOperation / pair.Peer.CpuMicrosecondsPerOperation));

    private IEnumerable<double> Ratios => Pairs.Select(pair => pair.Concord.RatePerSecond / pair.Peer.RatePerSecond);

    public static double Median(IEnumerable<double> values)
    {
        double[] sorted = [.. values.Order()];
        int middle = sorted.Length / 2;
        return sorted.Length % 2 == 1 ? sorted[middle] : (sorted[middle - 1] + sorted[middle]) / 2;
    }
}

namespace Concord.Simulation;

/// <summary>Counts each kind, so that a profile that never provokes what it is for is noticed.</summary>
internal sealed class FaultTally
{
    private readonly long[] _counts = new long[Enum.GetValues<FaultKind>().Length];

    public long this[FaultKind kind] => _counts[(int)kind];

    public void Count(FaultKind kind) => _counts[(int)kind]++;

    public void Add(FaultTally other)
    {
        for (int i = 0; i < _counts.Length; i++)
        {
            _counts[i] += other._counts[i];
        }
    }

    /// <param name="kinds">Those that the target knows.</param>
    public SortedDictionary<string, long> ByName(IEnumerable<FaultKind> kinds)
    {
        var named = new SortedDictionary<string, long>(StringComparer.Ordinal);
        foreach (FaultKind kind in kinds)
        {
            named.Add(kind.ToString(), this[kind]);
        }

        return named;
    }
}

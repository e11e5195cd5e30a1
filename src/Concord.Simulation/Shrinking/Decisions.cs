namespace Concord.Simulation.Shrinking;

/// <summary>
/// What a run decides, by number: a condition that holds all the time, a strike, an operation of a client. A number
/// means the same whatever else is left out, so that a run can be repeated with only some of them.
/// </summary>
internal sealed class Decisions
{
    private const int FirstStrike = 100;
    private const int OfEachClient = 10_000;

    private readonly HashSet<int>? _kept;
    private readonly List<int> _made = [];

    /// <summary>All of them.</summary>
    public Decisions()
    {
    }

    /// <param name="kept">Only these, if they come to be made.</param>
    /// <param name="healAt">When the faults end, if earlier than planned; in microseconds.</param>
    public Decisions(IEnumerable<int>? kept, long? healAt = null) => (_kept, HealAt) = (kept?.ToHashSet(), healAt);

    /// <summary>When the faults end, if earlier than planned; in microseconds.</summary>
    public long? HealAt { get; }

    /// <summary>Those that were made, in the order of time.</summary>
    public IReadOnlyList<int> Made => _made;

    public static int Strike(int number) => Math.Min(FirstStrike + number, OfEachClient - 1);

    public static int Operation(int client, uint number) =>
        ((client + 1) * OfEachClient) + (int)Math.Min(number, OfEachClient - 1);

    public static bool IsOperation(int decision) => decision >= OfEachClient;

    /// <summary>Whose operation it is, or -1 - the lowest such number: a fault.</summary>
    public static int GroupOf(int decision) =>
        IsOperation(decision) ? decision / OfEachClient : decision < FirstStrike ? -1 : 0;

    /// <summary>A decision is due.</summary>
    /// <returns>Whether it is carried out.</returns>
    public bool Make(int decision)
    {
        if (_kept?.Contains(decision) == false)
        {
            return false;
        }

        _made.Add(decision);
        return true;
    }
}

using System.Globalization;

namespace Concord.Cli.Recording;

/// <summary>
/// Which key is in use. A place has one key at a time and goes on to a new one after some hundred operations: a
/// history of one key must stay short, for the work of a checker grows faster than its length.
/// </summary>
/// <param name="prefix">What the names begin with.</param>
/// <param name="places">How many keys are in use at a time.</param>
internal sealed class KeyRotation(string prefix, int places)
{
    private const int OperationsPerKey = 400;

    private readonly Lock _gate = new();
    private readonly int[] _used = new int[places];

    /// <summary>Every key that has been in use.</summary>
    public IReadOnlyList<string> All
    {
        get
        {
            lock (_gate)
            {
                return
                [
                    .. _used.SelectMany((used, place) => Enumerable
                        .Range(0, (used + OperationsPerKey - 1) / OperationsPerKey)
                        .Select(generation => NameOf(place, generation))),
                ];
            }
        }
    }

    /// <summary>The key for the next operation of a place.</summary>
    public string Next(int place)
    {
        lock (_gate)
        {
            return NameOf(place, _used[place]++ / OperationsPerKey);
        }
    }

    /// <summary>A key that the place used before, if there is one.</summary>
    /// <param name="place">Which place.</param>
    /// <param name="draw">A number from 0 to one less than the argument.</param>
    public string? Earlier(int place, Func<int, int> draw)
    {
        lock (_gate)
        {
            int generation = _used[place] / OperationsPerKey;
            return generation == 0 ? null : NameOf(place, draw(generation));
        }
    }

    private string NameOf(int place, int generation) =>
        string.Create(CultureInfo.InvariantCulture, $"{prefix}-{place}-{generation}");
}

using Concord.Simulation.Pictures;

namespace Concord.Simulation;

/// <summary>
/// A 64-bit hash over everything that happens in a run, always; and its last lines as text, only when asked for. Text
/// is not kept in the first run of a seed: a run that fails is repeated with text, which it must survive unchanged.
/// </summary>
/// <param name="keepsText">Whether lines are wanted.</param>
/// <param name="picture">Takes the run down for a picture; null when none is asked for.</param>
internal sealed class SimulationTrace(bool keepsText, PictureRecorder? picture = null)
{
    private const int LinesMax = 40;

    private readonly Queue<string> _lines = new();

    /// <summary>Whether lines are wanted; callers ask before they build one.</summary>
    public bool KeepsText { get; } = keepsText;

    /// <summary>Only looks: with it, a run takes the same way and has the same hash.</summary>
    public PictureRecorder? Picture { get; } = picture;

    public ulong Hash { get; private set; } = 0xcbf29ce484222325;

    public IReadOnlyCollection<string> Lines => _lines;

    public void Add(ulong first, ulong second, ulong third)
    {
        ulong hash = Mix(Hash ^ first);
        hash = Mix(hash ^ second);
        Hash = Mix(hash ^ third);
    }

    public void Line(long time, string text)
    {
        if (_lines.Count == LinesMax)
        {
            _lines.Dequeue();
        }

        _lines.Enqueue(string.Create(System.Globalization.CultureInfo.InvariantCulture, $"{time / 1e6,10:F6} {text}"));
    }

    public static ulong Mix(ulong value)
    {
        value = (value ^ (value >> 32)) * 0xd6e8feb86659fd93;
        value = (value ^ (value >> 32)) * 0xd6e8feb86659fd93;
        return value ^ (value >> 32);
    }
}

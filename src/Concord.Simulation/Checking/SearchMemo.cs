using System.Numerics;

namespace Concord.Simulation.Checking;

/// <summary>
/// What a search has tried: pairs of a set of operations and the state they led to. Operations of known outcome are
/// numbered in the order in which they began, so the set is everything before a place and a narrow window from there;
/// only the window is kept. Those of unknown outcome may stay outside for ever, and have a window of their own.
/// </summary>
internal sealed class SearchMemo<TState>
{
    private readonly Window _known;
    private readonly Window _unknown;
    private readonly Dictionary<ulong, int> _heads = [];
    private readonly List<Entry> _entries = [];
    private readonly List<ulong> _words = [];
    private ulong _hash;

    public SearchMemo(int known, int unknown) => (_known, _unknown) = (new(known), new(unknown));

    /// <summary>The memory for what has been tried, in words.</summary>
    public long WordsHeld => _words.Count + (_entries.Count * 6L);

    /// <summary>Puts an operation into the set.</summary>
    public void Include(int number, bool isKnown)
    {
        _hash ^= Mix(number, isKnown);
        (isKnown ? _known : _unknown).Set(number);
    }

    /// <summary>Takes it out again.</summary>
    public void Exclude(int number, bool isKnown)
    {
        _hash ^= Mix(number, isKnown);
        (isKnown ? _known : _unknown).Clear(number);
    }

    /// <summary>Notes the set with a state.</summary>
    /// <returns>Whether it is new.</returns>
    public bool Add(TState state)
    {
        ulong hash = _hash ^ Spread((ulong)(uint)(state?.GetHashCode() ?? 0) + 1);
        int head = _heads.GetValueOrDefault(hash, -1);
        for (int i = head; i >= 0; i = _entries[i].Next)
        {
            if (IsSame(_entries[i], state))
            {
                return false;
            }
        }

        _heads[hash] = _entries.Count;
        _entries.Add(new(head, _words.Count, _known.Low, _known.Count, _unknown.Low, _unknown.Count, state));
        _words.AddRange(_known.Words);
        _words.AddRange(_unknown.Words);
        return true;
    }

    private bool IsSame(in Entry entry, TState state)
    {
        if (entry.KnownLow != _known.Low || entry.Known != _known.Count
            || entry.UnknownLow != _unknown.Low || entry.Unknown != _unknown.Count
            || !EqualityComparer<TState>.Default.Equals(entry.State, state))
        {
            return false;
        }

        ReadOnlySpan<ulong> words = System.Runtime.InteropServices.CollectionsMarshal.AsSpan(_words)[entry.Start..];
        return words[..entry.Known].SequenceEqual(_known.Words)
            && words.Slice(entry.Known, entry.Unknown).SequenceEqual(_unknown.Words);
    }

    private static ulong Mix(int number, bool isKnown) => Spread(((ulong)(uint)number << 1) | (isKnown ? 0UL : 1));

    // SplitMix64's last step.
    private static ulong Spread(ulong value)
    {
        value = (value + 0x9E3779B97F4A7C15) * 0xBF58476D1CE4E5B9;
        value = (value ^ (value >> 27)) * 0x94D049BB133111EB;
        return BitOperations.RotateLeft(value ^ (value >> 31), 17);
    }

    private readonly record struct Entry(
        int Next, int Start, int KnownLow, int Known, int UnknownLow, int Unknown, TState State);

    /// <summary>A set of numbers; told apart by the words between its first gap and its last member.</summary>
    private sealed class Window(int size)
    {
        private readonly ulong[] _bits = new ulong[(size / 64) + 1];
        private int _high;

        /// <summary>All words before this one are full.</summary>
        public int Low { get; private set; }

        public int Count => Math.Max(0, _high - Low);

        public ReadOnlySpan<ulong> Words => _bits.AsSpan(Low, Count);

        public void Set(int number)
        {
            _bits[number / 64] |= 1UL << (number % 64);
            _high = Math.Max(_high, (number / 64) + 1);
            while (Low < _bits.Length - 1 && _bits[Low] == ulong.MaxValue)
            {
                Low++;
            }
        }

        public void Clear(int number)
        {
            _bits[number / 64] &= ~(1UL << (number % 64));
            Low = Math.Min(Low, number / 64);
            while (_high > 0 && _bits[_high - 1] == 0)
            {
                _high--;
            }
        }
    }
}

namespace Concord.Simulation.Tests.Models;

/// <summary>The states seen, in the order in which they were: 32 bytes each, and 16 more to find them and their way
/// back.</summary>
internal sealed class StateTable
{
    private const int ChunkBits = 18;
    private const int ChunkSize = 1 << ChunkBits;
    private const int FirstSlots = 1 << 16;

    private readonly List<PaxosState[]> _states = [];
    private readonly List<int[]> _parents = [];

    // The upper half of the hash, and the number of the state plus one.
    private ulong[] _slots = new ulong[FirstSlots];

    public int Count { get; private set; }

    public ref readonly PaxosState this[int number] => ref _states[number >> ChunkBits][number & (ChunkSize - 1)];

    /// <summary>The state from which this one was seen first.</summary>
    public int ParentOf(int number) => _parents[number >> ChunkBits][number & (ChunkSize - 1)];

    /// <summary>Adds a state that was not seen before.</summary>
    /// <returns>Whether it was not.</returns>
    public bool Add(in PaxosState state, int parent)
    {
        if ((Count + 1) * 2L > _slots.Length)
        {
            Grow();
        }

        ulong hash = state.Hash();
        int at = (int)hash & (_slots.Length - 1);
        for (; _slots[at] != 0; at = (at + 1) & (_slots.Length - 1))
        {
            if ((_slots[at] ^ hash) >> 32 == 0 && this[(int)(uint)_slots[at] - 1].Equals(state))
            {
                return false;
            }
        }

        if (Count >> ChunkBits == _states.Count)
        {
            _states.Add(new PaxosState[ChunkSize]);
            _parents.Add(new int[ChunkSize]);
        }

        _states[Count >> ChunkBits][Count & (ChunkSize - 1)] = state;
        _parents[Count >> ChunkBits][Count & (ChunkSize - 1)] = parent;
        Count++;
        _slots[at] = (hash >> 32 << 32) | (uint)Count;
        return true;
    }

    private void Grow()
    {
        _slots = new ulong[_slots.Length * 2];
        for (int number = 0; number < Count; number++)
        {
            ulong hash = this[number].Hash();
            int at = (int)hash & (_slots.Length - 1);
            while (_slots[at] != 0)
            {
                at = (at + 1) & (_slots.Length - 1);
            }

            _slots[at] = (hash >> 32 << 32) | (uint)(number + 1);
        }
    }
}

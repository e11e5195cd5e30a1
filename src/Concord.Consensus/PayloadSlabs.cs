namespace Concord.Consensus;

/// <summary>
/// Payloads of a log in large pinned arrays. A slab is filled from front to back in the order of arrival and freed as a
/// whole once the last place that it holds has been discarded: a log is consumed from its front, so no lists are
/// needed.
/// </summary>
internal sealed class PayloadSlabs
{
    private const int SlabBytes = 1 << 20;
    private const int SpareSlabsMax = 4;

    private readonly Dictionary<int, Slab> _slabs = [];
    private readonly Queue<int> _order = new();
    private readonly Stack<byte[]> _spare = new();
    private Slab? _current;
    private int _nextNumber;

    public (int Slab, int Offset) Write(LogIndex index, ReadOnlySpan<byte> payload)
    {
        if (_current is null || _current.Bytes.Length - _current.Used < payload.Length)
        {
            _current = Add(payload.Length);
        }

        int offset = _current.Used;
        payload.CopyTo(_current.Bytes.AsSpan(offset));
        _current.Used += payload.Length;
        _current.LastIndex = LogIndex.Max(_current.LastIndex, index);
        return (_current.Number, offset);
    }

    public ReadOnlySpan<byte> Read(int slab, int offset, int length) =>
        (_current is { } current && current.Number == slab ? current : _slabs[slab]).Bytes.AsSpan(offset, length);

    public void FreeThrough(LogIndex index)
    {
        // Slabs are freed in the order of filling: one that holds a later place, even a truncated one, keeps the rest.
        while (_order.TryPeek(out int number) && _slabs[number] is var slab && slab != _current
            && slab.LastIndex <= index)
        {
            _order.Dequeue();
            _slabs.Remove(number);
            if (slab.Bytes.Length == SlabBytes && _spare.Count < SpareSlabsMax)
            {
                _spare.Push(slab.Bytes);
            }
        }
    }

    private Slab Add(int payloadBytes)
    {
        byte[] bytes = payloadBytes <= SlabBytes && _spare.TryPop(out byte[]? spare)
            ? spare
            : GC.AllocateUninitializedArray<byte>(Math.Max(SlabBytes, payloadBytes), pinned: true);
        var slab = new Slab(_nextNumber++, bytes);
        _slabs.Add(slab.Number, slab);
        _order.Enqueue(slab.Number);
        return slab;
    }

    private sealed class Slab(int number, byte[] bytes)
    {
        public int Number { get; } = number;
        public byte[] Bytes { get; } = bytes;
        public int Used { get; set; }
        public LogIndex LastIndex { get; set; }
    }
}

using System.Buffers;
using Concord.Client.Wire;

namespace Concord.Cluster.Runtime;

/// <summary>Collects received bytes and hands over whole, checked frames, so that the strand need not.</summary>
internal sealed class FrameBuffer(int capacity)
{
    private byte[] _bytes = new byte[capacity];
    private int _held;

    /// <summary>Where to receive to.</summary>
    public Memory<byte> Free => _bytes.AsMemory(_held);

    /// <summary>Makes room for more at once; what is held stays.</summary>
    public void Widen(int capacity)
    {
        if (capacity > _bytes.Length)
        {
            Array.Resize(ref _bytes, capacity);
        }
    }

    /// <summary>Bytes have come.</summary>
    /// <returns>Whole frames in an array of the shared pool, or null while there is none.</returns>
    /// <exception cref="Encoding.MalformedDataException">What came is not a frame.</exception>
    public (byte[] Frames, int Length)? Received(int count)
    {
        _held += count;
        int whole = 0;
        int wanted;
        while ((wanted = Frame.LengthOf(_bytes.AsSpan(whole, _held - whole))) > 0 && wanted <= _held - whole)
        {
            Frame.BodyOf(_bytes.AsSpan(whole, wanted));
            whole += wanted;
        }

        (byte[], int)? frames = null;
        if (whole > 0)
        {
            byte[] copy = ArrayPool<byte>.Shared.Rent(whole);
            _bytes.AsSpan(0, whole).CopyTo(copy);
            frames = (copy, whole);
            _bytes.AsSpan(whole, _held - whole).CopyTo(_bytes);
            _held -= whole;
        }

        int needed = Math.Max(wanted, _held + 1);
        if (needed > _bytes.Length)
        {
            Array.Resize(ref _bytes, Math.Max(needed, _bytes.Length * 2));
        }

        return frames;
    }
}

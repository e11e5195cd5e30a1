using Concord.Encoding;

namespace Concord.Client.Wire;

/// <summary>Collects messages into frames until they are sent. Begin and end of a message go in pairs.</summary>
internal sealed class FrameWriter
{
    /// <summary>A frame is closed at this size and another begun, so that a receiver can start early.</summary>
    private const int FrameBytesTarget = 256 << 10;

    private readonly ByteWriter _writer = new(4096);
    private int _frameStart = -1;
    private int _messageStart;

    /// <summary>Bytes that wait, sealed or not.</summary>
    public int Length => _writer.Length;

    public bool IsEmpty => _writer.Length == 0;

    /// <summary>Begins a message; its body is written to what is returned.</summary>
    public ByteWriter Begin(WireKind kind)
    {
        if (_frameStart < 0)
        {
            _frameStart = _writer.Length;
            _writer.Reserve(Frame.HeadBytes);
        }

        _messageStart = _writer.Length;
        _writer.WriteInt32(0);
        _writer.WriteByte((byte)kind);
        return _writer;
    }

    public void End()
    {
        _writer.OverwriteInt32(_messageStart, _writer.Length - _messageStart - 4);
        if (_writer.Length - _frameStart >= FrameBytesTarget)
        {
            Seal();
        }
    }

    /// <summary>Closes the frame that is open, and returns everything; <see cref="Clear"/> when it is sent.</summary>
    public ReadOnlyMemory<byte> Take()
    {
        Seal();
        return _writer.WrittenMemory;
    }

    public void Clear()
    {
        _writer.Clear();
        _frameStart = -1;
    }

    private void Seal()
    {
        if (_frameStart >= 0)
        {
            Frame.Seal(_writer.Buffer.AsSpan(_frameStart, _writer.Length - _frameStart));
            _frameStart = -1;
        }
    }
}

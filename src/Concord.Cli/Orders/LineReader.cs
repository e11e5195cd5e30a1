namespace Concord.Cli.Orders;

/// <summary>
/// Lines of bytes, ended by a line feed or by the end. Bytes and not characters: a line that is not UTF-8 must spoil
/// itself only, and not where the next one begins.
/// </summary>
/// <param name="stream">Read to its end; not disposed.</param>
internal sealed class LineReader(Stream stream)
{
    /// <summary>A line that is longer is cut to this length plus one, which its reader can tell by.</summary>
    public const int LineBytesMax = 16 << 20;

    private readonly byte[] _buffer = new byte[1 << 16];
    private byte[] _line = new byte[1 << 10];
    private int _length;
    private int _position;
    private int _end;

    /// <summary>The last line that was read, without its line feed; valid until the next one is.</summary>
    public ReadOnlySpan<byte> Line => _line.AsSpan(0, _length);

    /// <summary>From 1.</summary>
    public long Number { get; private set; }

    public bool IsTooLong => _length > LineBytesMax;

    /// <returns>Whether there was another line.</returns>
    public bool Read()
    {
        _length = 0;
        bool any = false;
        while (Fill())
        {
            any = true;
            ReadOnlySpan<byte> rest = _buffer.AsSpan(_position, _end - _position);
            int feed = rest.IndexOf((byte)'\n');
            Append(feed < 0 ? rest : rest[..feed]);
            _position += feed < 0 ? rest.Length : feed + 1;
            if (feed >= 0)
            {
                break;
            }
        }

        Number += any ? 1 : 0;
        return any;
    }

    private bool Fill()
    {
        if (_position == _end)
        {
            _position = 0;
            _end = stream.Read(_buffer);
        }

        return _position < _end;
    }

    private void Append(ReadOnlySpan<byte> bytes)
    {
        bytes = bytes[..Math.Min(bytes.Length, LineBytesMax + 1 - _length)];
        if (_length + bytes.Length > _line.Length)
        {
            Array.Resize(ref _line, Math.Max(_length + bytes.Length, 2 * _line.Length));
        }

        bytes.CopyTo(_line.AsSpan(_length));
        _length += bytes.Length;
    }
}

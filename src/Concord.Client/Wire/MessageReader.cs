using Concord.Encoding;

namespace Concord.Client.Wire;

/// <summary>Reads the messages in the body of a frame.</summary>
internal ref struct MessageReader(ReadOnlySpan<byte> body)
{
    private ReadOnlySpan<byte> _rest = body;

    /// <exception cref="MalformedDataException">A length does not fit.</exception>
    public bool TryRead(out WireKind kind, out ByteReader message)
    {
        kind = default;
        message = default;
        if (_rest.IsEmpty)
        {
            return false;
        }

        var reader = new ByteReader(_rest);
        ReadOnlySpan<byte> bytes = reader.ReadBytes();
        if (bytes.IsEmpty)
        {
            throw new MalformedDataException("Malformed data: an empty message.");
        }

        kind = (WireKind)bytes[0];
        message = new(bytes[1..]);
        _rest = reader.Rest;
        return true;
    }
}

using Concord.Encoding;

namespace Concord.Operations.Holds;

/// <summary>
/// Gives up what an earlier request of the same session asked for: its hold, its place in line, or the request itself,
/// which then never runs. Arguments: root, sequence.
/// </summary>
internal static class ReleaseHold
{
    public static ReadOnlyMemory<byte> Arguments(ReadOnlySpan<byte> root, ulong sequence)
    {
        var arguments = new ByteWriter(root.Length + 12);
        arguments.WriteBytes(root);
        arguments.WriteUInt64(sequence);
        return arguments.WrittenMemory;
    }
}

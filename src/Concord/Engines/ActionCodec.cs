using Concord.Encoding;

namespace Concord.Engines;

/// <summary>Actions of a transaction as bytes: count 2, then ordinal 2, kind 1, key, and what the kind asks
/// for.</summary>
internal static class ActionCodec
{
    public static void Write(ByteWriter writer, IReadOnlyList<TransactionAction> actions, IReadOnlyList<int> ordinals)
    {
        writer.WriteUInt16((ushort)ordinals.Count);
        foreach (int ordinal in ordinals)
        {
            TransactionAction action = actions[ordinal];
            writer.WriteUInt16((ushort)ordinal);
            writer.WriteByte((byte)action.Kind);
            writer.WriteBytes(action.Key.Span);
            switch (action.Kind)
            {
                case ActionKind.Validate:
                    writer.WriteInt64(action.Revision);
                    break;
                case ActionKind.Add:
                    writer.WriteInt64(action.Delta);
                    writer.WriteInt64(action.Min);
                    writer.WriteInt64(action.Max);
                    break;
                case ActionKind.Set or ActionKind.Enqueue:
                    writer.WriteBytes(action.Value.Span);
                    break;
                case ActionKind.Delete:
                    break;
                case ActionKind.Complete:
                    writer.WriteInt64(action.Revision);
                    break;
                case ActionKind.Require:
                    writer.WriteInt64(action.Revision);
                    writer.WriteBytes(action.Value.Span);
                    break;
            }
        }
    }
}

/// <summary>Reads actions one after the other, over the bytes they came in.</summary>
internal ref struct ActionReader
{
    private ByteReader _reader;
    private int _left;

    public ActionReader(ReadOnlySpan<byte> source)
    {
        _reader = new(source);
        _left = _reader.ReadUInt16();
    }

    public readonly int Left => _left;

    /// <exception cref="MalformedDataException">These are no actions.</exception>
    public bool TryRead(out ActionView action)
    {
        action = default;
        if (_left == 0)
        {
            _reader.End();
            return false;
        }

        _left--;
        int ordinal = _reader.ReadUInt16();
        var kind = (ActionKind)_reader.ReadByte();
        ReadOnlySpan<byte> key = _reader.ReadBytes();
        action = kind switch
        {
            ActionKind.Validate or ActionKind.Complete =>
                new() { Ordinal = ordinal, Kind = kind, Key = key, Revision = _reader.ReadInt64() },
            ActionKind.Add => new()
            {
                Ordinal = ordinal,
                Kind = kind,
                Key = key,
                Delta = _reader.ReadInt64(),
                Min = _reader.ReadInt64(),
                Max = _reader.ReadInt64(),
            },
            ActionKind.Set or ActionKind.Enqueue =>
                new() { Ordinal = ordinal, Kind = kind, Key = key, Value = _reader.ReadBytes() },
            ActionKind.Delete => new() { Ordinal = ordinal, Kind = kind, Key = key },
            ActionKind.Require => new()
            {
                Ordinal = ordinal,
                Kind = kind,
                Key = key,
                Revision = _reader.ReadInt64(),
                Value = _reader.ReadBytes(),
            },
            _ => throw new MalformedDataException($"Malformed data: action {(byte)kind}."),
        };
        return true;
    }
}

/// <summary>One action as read.</summary>
internal readonly ref struct ActionView
{
    /// <summary>Its place in the transaction: of several that refuse, the first counts.</summary>
    public int Ordinal { get; init; }

    public ActionKind Kind { get; init; }

    public ReadOnlySpan<byte> Key { get; init; }

    public long Revision { get; init; }

    public long Delta { get; init; }

    public long Min { get; init; }

    public long Max { get; init; }

    public ReadOnlySpan<byte> Value { get; init; }
}

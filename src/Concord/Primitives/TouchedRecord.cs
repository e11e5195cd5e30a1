using Concord.Engines;

namespace Concord.Primitives;

/// <summary>What one attempt of a transaction knows and wants of one record.</summary>
internal sealed class TouchedRecord(byte[] key, string name)
{
    public byte[] Key { get; } = key;

    public string Name { get; } = name;

    /// <summary>As read, once; null while it was not. Every later read of the attempt sees this one.</summary>
    public EngineRecord? Stored { get; set; }

    /// <summary>The place of the write among the actions; −1 while there is none.</summary>
    public int WriteOrdinal { get; set; } = -1;
}

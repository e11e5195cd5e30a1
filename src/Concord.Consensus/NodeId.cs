namespace Concord.Consensus;

/// <summary>Names a node of a cluster. Zero names nobody. A number is never given to a second node.</summary>
/// <param name="Value">The number.</param>
public readonly record struct NodeId(ushort Value)
{
    /// <summary>Nobody.</summary>
    public static NodeId None => default;

    /// <summary>Whether this names nobody.</summary>
    public bool IsNone => Value == 0;

    /// <inheritdoc/>
    public override string ToString() => IsNone ? "-" : $"n{Value}";
}

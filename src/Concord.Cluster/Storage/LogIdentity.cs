namespace Concord.Cluster.Storage;

/// <summary>Whose log this is. A folder that was wiped comes back as somebody else, never as the same node.</summary>
/// <param name="Cluster">The cluster.</param>
/// <param name="Node">The node.</param>
/// <param name="Incarnation">Grows with every start of the node.</param>
/// <param name="Description">What else the node wants to find again at its start; at most 64 KiB.</param>
internal sealed record LogIdentity(
    Guid Cluster, Consensus.NodeId Node, ulong Incarnation, ReadOnlyMemory<byte> Description)
{
    public const int DescriptionBytesMax = 64 << 10;
}

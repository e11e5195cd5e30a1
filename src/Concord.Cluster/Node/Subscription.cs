using Concord.Client.Wire;
using Concord.Encoding;
using Concord.Engines;

namespace Concord.Cluster.Node;

/// <summary>What a client wants to be told, and where.</summary>
/// <param name="Id">The client's number of it.</param>
/// <param name="Client">Its connection.</param>
/// <param name="Kind">What it is told.</param>
/// <param name="Session">For an inbox.</param>
/// <param name="Prefix">For a watch.</param>
internal sealed record Subscription(
    ulong Id, NodeConnection Client, SubscriptionKind Kind, SessionId Session, byte[] Prefix)
{
    /// <summary>Something behind its prefix has changed since it was told.</summary>
    public bool IsBehind { get; set; }

    public void SayEnded()
    {
        if (!Client.IsClosed)
        {
            ByteWriter writer = Client.Output.Begin(WireKind.SubscriptionEnded);
            writer.WriteUInt64(Id);
            Client.Output.End();
            Client.MarkDirty();
        }
    }
}

using Concord.Client.Wire;
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

    public void SayEnded() => SayEnded(Client, Id);

    /// <summary>Nobody here tells the client of what it asked for under this number.</summary>
    public static void SayEnded(NodeConnection client, ulong id)
    {
        if (!client.IsClosed)
        {
            client.Output.Begin(WireKind.SubscriptionEnded).WriteUInt64(id);
            client.Output.End();
            client.MarkDirty();
        }
    }
}

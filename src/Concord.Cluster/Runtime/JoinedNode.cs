using Concord.Client.Administration;
using Concord.Client.Connections;
using Concord.Cluster.Node;
using Concord.Cluster.Storage;
using Concord.Consensus;
using Concord.Engines;

namespace Concord.Cluster.Runtime;

/// <summary>Who a node is.</summary>
/// <param name="Node">Its number.</param>
/// <param name="Layout">How its cluster began.</param>
/// <param name="Directory">The nodes that it was told of; null for those that the cluster began with.</param>
internal sealed record NodePlace(NodeId Node, ClusterLayout Layout, NodeDirectory? Directory);

/// <summary>A node that was not there when its cluster began: its folder says who it is, or, while that is empty, the
/// cluster does.</summary>
internal static class JoinedNode
{
    private static readonly TimeSpan s_patience = TimeSpan.FromSeconds(30);

    /// <exception cref="EngineStoppedException">The folder is another's, or the cluster does not expect this
    /// node.</exception>
    public static async Task<NodePlace> IdentifyAsync(
        NodeStartup startup, LogIdentity? found, TimeProvider time, CancellationToken cancellationToken)
    {
        if (found is not null)
        {
            (ClusterLayout founded, NodeDirectory known) =
                ClusterLayout.DecodeDescription(found.Description.Span);
            RequireProtocol(startup, founded, $"The folder {startup.DataDirectory} was begun");
            return known.Find(found.Node.Value) is { } self && self.Address == startup.Address
                ? new(found.Node, founded, known)
                : throw EngineErrors.Stopped(
                    $"The folder {startup.DataDirectory} belongs to node {found.Node.Value} at "
                    + $"{known.Find(found.Node.Value)?.Address}, and was opened as {startup.Address}. Nothing was "
                    + "changed. Start it under its address, or give the new node an empty folder.");
        }

        try
        {
            MembersAnswer answer = await new MembersAdmin(new SocketDialer(), time).ChangeAsync(
                startup.JoinThrough,
                new() { Action = MembersRequest.Join, Address = startup.Address },
                s_patience,
                cancellationToken).ConfigureAwait(false);
            (ClusterLayout layout, NodeDirectory directory) =
                ClusterLayout.DecodeDescription(answer.Description);
            RequireProtocol(startup, layout, "The cluster that this node is to join was begun");
            return new(new((ushort)answer.Node), layout, directory);
        }
        catch (Exception refused) when (refused is MembersRefusedException or EngineUnavailableException)
        {
            throw EngineErrors.Stopped(refused.Message, refused);
        }
    }

    private static void RequireProtocol(NodeStartup startup, ClusterLayout layout, string whose)
    {
        if (startup.Protocol is { } asked && asked != layout.Protocol)
        {
            throw EngineErrors.Stopped(
                $"{whose} with {layout.Protocol}, and this node was started for {asked}. Nothing was changed. A "
                + "cluster keeps the protocol that it began with: a node that joins need not say which.");
        }
    }
}

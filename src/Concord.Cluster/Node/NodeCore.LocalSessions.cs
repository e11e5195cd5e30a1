using Concord.Client.Wire;
using Concord.Encoding;

namespace Concord.Cluster.Node;

/// <content>
/// The sessions of clients in this process. They live as long as the process does, so the node's own threads say so: the
/// client's signs of life come from the ThreadPool, and a starved one must not cost a session.
/// </content>
internal sealed partial class NodeCore
{
    private static readonly TimeSpan s_vouchInterval = TimeSpan.FromMilliseconds(250);

    private readonly List<NodeConnection> _localClients = [];
    private TimeSpan _vouchDue;

    /// <summary>A client in this process has connected.</summary>
    public NodeConnection AcceptedLocal()
    {
        NodeConnection connection = Accepted();
        connection.LocalSessions = [];
        _localClients.Add(connection);
        return connection;
    }

    private void HearClient(NodeConnection connection, ref ByteReader message)
    {
        uint shard = message.ReadUInt32();
        ulong session = message.ReadUInt64();
        Find(shard)?.HearSession(new(session));
        if (connection.LocalSessions is { } sessions && shard < _shards.Length)
        {
            // One client has one session at a time: a newer one takes the place of one that ended.
            sessions[shard] = session;
        }
    }

    private void TickLocalSessions()
    {
        if (Now < _vouchDue)
        {
            return;
        }

        _vouchDue = Now + s_vouchInterval;
        foreach (NodeConnection client in _localClients)
        {
            foreach ((uint shard, ulong session) in client.LocalSessions!)
            {
                if (Find(shard) is { IsLeader: true } local)
                {
                    local.HearSession(new(session));
                }
                else if (LeaderConnection(shard) is { } connection)
                {
                    ByteWriter writer = connection.Output.Begin(WireKind.KeepAlive);
                    writer.WriteUInt32(shard);
                    writer.WriteUInt64(session);
                    connection.Output.End();
                    connection.MarkDirty();
                }
            }
        }
    }
}

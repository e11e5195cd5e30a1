using Concord.Client.Wire;
using Concord.Encoding;

namespace Concord.Cluster.Node;

/// <content>
/// The sessions of clients in this process. They live as long as the process does, so the node's own threads say so:
/// the client's signs of life come from the ThreadPool, and a starved one must not cost a session.
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
        SignOfLife sign = SignOfLife.Read(ref message);
        Find(sign.Shard)?.Renew(sign, connection, 0);
        if (connection.LocalSessions is not { } sessions || sign.Shard >= _shards.Length)
        {
            return;
        }

        // One client has one session at a time: a newer one takes the place of one that ended.
        if (!sessions.TryGetValue(sign.Shard, out LocalSession? local) || local.Session != sign.Session)
        {
            sessions[sign.Shard] = local = new(sign.Session, sign.TimeToLive);
        }

        if (sign.Stamp is { } stamp)
        {
            local.Hear(stamp, Now);
            local.ConfirmationDue = Now + (sign.TimeToLive / 4);
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
            foreach ((uint shard, LocalSession session) in client.LocalSessions!)
            {
                Vouch(client, shard, session);
            }
        }
    }

    private void Vouch(NodeConnection client, uint shard, LocalSession session)
    {
        TimeSpan? stamp = null;
        if (Now >= session.ConfirmationDue)
        {
            session.ConfirmationDue = Now + (session.TimeToLive / 4);
            stamp = session.StampAt(Now);
        }

        var sign = new SignOfLife(shard, session.Session, session.TimeToLive, stamp);
        if (Find(shard) is { IsLeader: true } local)
        {
            local.Renew(sign, client, 0);
        }
        else if (LeaderConnection(shard) is { } connection)
        {
            sign.Write(connection.Output);
            connection.MarkDirty();
        }
    }

    /// <summary>A leader on another node has confirmed a sign of life that this one gave for a client.</summary>
    private void RelayRenewal(Renewal renewal)
    {
        foreach (NodeConnection client in _localClients)
        {
            if (client.LocalSessions!.TryGetValue(renewal.Shard, out LocalSession? local)
                && local.Session == renewal.Session)
            {
                renewal.Write(client.Output);
                client.MarkDirty();
            }
        }
    }
}

using Concord.Client.Wire;
using Concord.Consensus;
using Concord.Encoding;

namespace Concord.Cluster.Node;

/// <content>
/// One sign of life per pair of nodes and heartbeat interval, for all groups together, with the groups in which the
/// sender stands elsewhere than it last said on this connection. A quiet group costs nothing beside it: no heartbeats
/// of its own, no ticks.
/// </content>
internal sealed partial class NodeCore
{
    private const int StandingBytes = 21;

    /// <summary>A connection on which so many signs of life in a row did not come is given up: the other node is gone,
    /// or the bytes make no frames any more. Counted, not timed: a pause of this node is not held against the
    /// others.</summary>
    private const int MissedMax = 20;

    private readonly List<NodeConnection> _peerInputs = [];
    private TimeSpan _livenessDue;
    private long _livenessRound;

    /// <summary>A leader that cannot write hands over to a voter that can: reads and writes go on there.</summary>
    private void HandOverWhileReadOnly(Shard shard)
    {
        if (!IsReadOnly || !shard.IsLeader || shard.Core.Status.IsTransferring)
        {
            return;
        }

        foreach (NodeId voter in shard.Core.Membership.Voters)
        {
            bool canWrite = voter != Settings.Self && PeerOf(voter) is { IsReadOnly: false, Connection: not null };
            if (canWrite && shard.TransferLeadership(voter) == TransferResult.Accepted)
            {
                return;
            }
        }
    }

    private void TickLiveness()
    {
        if (Now < _livenessDue)
        {
            return;
        }

        _livenessDue = Now + Settings.HeartbeatInterval;
        _livenessRound++;
        foreach (Shard shard in _local)
        {
            HandOverWhileReadOnly(shard);
            shard.NoticeStanding(_livenessRound);
        }

        foreach ((ushort node, Peer peer) in _peers)
        {
            if (OutputTo(node) is { } connection)
            {
                TellLiveness(connection, peer.ToldRound);
                peer.ToldRound = _livenessRound;
            }
        }

        foreach (NodeConnection connection in _peerInputs)
        {
            if (++connection.MissedLiveness > MissedMax && connection.CloseReason is null)
            {
                connection.CloseReason = $"Node {connection.Hello!.Value.Node} gave no sign of life for too long.";
                connection.MarkDirty();
            }
        }
    }

    /// <param name="connection">To whom.</param>
    /// <param name="toldRound">The round in which it was told last; zero if it was told nothing yet.</param>
    private void TellLiveness(NodeConnection connection, long toldRound)
    {
        ByteWriter writer = connection.Output.Begin(WireKind.Liveness);
        writer.WriteByte(IsReadOnly ? (byte)1 : (byte)0);
        foreach (Shard shard in _local)
        {
            if (shard.MovedInRound > toldRound)
            {
                Standing standing = shard.Standing;
                writer.WriteUInt32(shard.Id);
                writer.WriteUInt64(standing.Stamp.Value);
                writer.WriteByte(standing.Leads ? (byte)1 : (byte)0);
                writer.WriteUInt64(standing.Commit.Value);
            }
        }

        connection.Output.End();
        connection.MarkDirty();
    }

    private void ReceiveLiveness(NodeConnection connection, ref ByteReader reader)
    {
        connection.MissedLiveness = 0;
        NodeId sender = new(connection.Hello!.Value.Node);
        PeerOf(sender).IsReadOnly = reader.ReadByte() == 1;
        Standing?[] standings = connection.Standings ??= new Standing?[_shards.Length];
        while (reader.Rest.Length >= StandingBytes)
        {
            uint shard = reader.ReadUInt32();
            Stamp stamp = new(reader.ReadUInt64());
            bool leads = reader.ReadByte() == 1;
            Standing standing = new(stamp, leads, new(reader.ReadUInt64()));
            if (shard < standings.Length)
            {
                standings[shard] = standing;
            }
        }

        reader.End();
        foreach (Shard shard in _local)
        {
            if (standings[shard.Id] is { } standing)
            {
                shard.Core.Alive(sender, standing, Now);
            }
        }
    }
}

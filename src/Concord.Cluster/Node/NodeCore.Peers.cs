using Concord.Client.Wire;
using Concord.Consensus;
using Concord.Encoding;
using Concord.Engines;
using Concord.Operations;

namespace Concord.Cluster.Node;

/// <content>
/// The other nodes. Each pair has two connections, one per direction: a node writes only to those that it made, and
/// reads only from those that it accepted. What cannot be sent is dropped: every protocol above asks again.
/// </content>
internal sealed partial class NodeCore
{
    /// <summary>More than this waiting for one peer, and what comes next is dropped.</summary>
    private const int PeerOutputBytesMax = 64 << 20;

    private static readonly TimeSpan s_askTimeout = TimeSpan.FromSeconds(5);

    private readonly SortedDictionary<ushort, Peer> _peers = [];
    private readonly Dictionary<ulong, Asked> _asked = [];
    private readonly Queue<(ulong Request, TimeSpan Until)> _askedOrder = new();
    private readonly Dictionary<uint, ushort> _leaderHints = [];
    private ulong _nextAsk = 1;
    private uint _askTurn;

    /// <summary>The shell has connected to a peer.</summary>
    public NodeConnection PeerConnected(NodeId node)
    {
        var connection = new NodeConnection(_dirty.Add) { Peer = node };
        Greet(connection);
        return connection;
    }

    /// <summary>A connection is gone.</summary>
    public void Disconnected(NodeConnection connection)
    {
        connection.IsClosed = true;
        _dirty.Remove(connection);
        _peerInputs.Remove(connection);
        _localClients.Remove(connection);
        _unintroduced.Remove(connection);
        if (connection.HasSubscriptions)
        {
            _local.ForEach(shard => shard.Unsubscribe(connection));
        }

        if (!connection.Peer.IsNone && PeerOf(connection.Peer) is var peer && peer.Connection == connection)
        {
            peer.Connection = null;
        }
    }

    /// <summary>Puts a message of a group into the frame for its receiver.</summary>
    public void SendConsensus(uint shard, in Message message, LogBuffer log)
    {
        if (OutputTo(message.To.Value) is not { } connection)
        {
            return;
        }

        ByteWriter writer = connection.Output.Begin(WireKind.Consensus);
        writer.WriteUInt32(shard);
        MessageCodec.Write(message, log, writer.Reserve(MessageCodec.Measure(message, log)));
        connection.Output.End();
        connection.MarkDirty();
    }

    /// <summary>Has a command run by the leader of a shard, here or elsewhere. No answer may come: ask again.</summary>
    public void Ask(uint shard, ReadOnlySpan<byte> command, ReplyTarget target)
    {
        if (shard >= _shards.Length)
        {
            target.Refuse(ReplyStatus.WrongShard);
            return;
        }

        if (_shards[shard] is { IsLeader: true } local)
        {
            local.Propose(command, target);
        }
        else if (LeaderConnection(shard) is { } connection)
        {
            ByteWriter writer = connection.Output.Begin(WireKind.PeerExecute);
            writer.WriteUInt64(Remember(shard, target));
            writer.WriteUInt32(shard);
            writer.WriteRaw(command);
            connection.Output.End();
            connection.MarkDirty();
        }
    }

    /// <summary>Has a decision carried out by the leader of a shard, here or elsewhere. No answer may come: ask
    /// again.</summary>
    public void AskToResolve(uint shard, RequestKey transaction, bool commit, ReplyTarget target)
    {
        if (shard >= _shards.Length)
        {
            target.Refuse(ReplyStatus.WrongShard);
            return;
        }

        if (_shards[shard] is { IsLeader: true } local)
        {
            local.Resolve(transaction, commit, target);
        }
        else if (LeaderConnection(shard) is { } connection)
        {
            ByteWriter writer = connection.Output.Begin(WireKind.PeerResolve);
            writer.WriteUInt64(Remember(shard, target));
            writer.WriteUInt32(shard);
            writer.WriteUInt16(transaction.Slot.Value);
            writer.WriteUInt64(transaction.Session.Value);
            writer.WriteUInt64(transaction.Sequence);
            writer.WriteByte(commit ? (byte)1 : (byte)0);
            connection.Output.End();
            connection.MarkDirty();
        }
    }

    /// <summary>The node that leads a shard, as far as is known here; none if it is not.</summary>
    public NodeId LeaderOf(uint shard) => _shards[shard] is { } local ? local.Leader : LeaderHint(shard);

    /// <summary>What others have said of a shard that this node does not hold. One that is silent is no hint: whoever
    /// followed it would come back at once.</summary>
    public NodeId LeaderHint(uint shard)
    {
        var hint = new NodeId(_leaderHints.GetValueOrDefault(shard));
        return IsHeard(hint) && hint != Settings.Self ? hint : NodeId.None;
    }

    private void ReceiveFromPeer(NodeConnection connection, WireKind kind, ref ByteReader message)
    {
        ushort sender = connection.Hello!.Value.Node;
        if (!IsRemembered(sender))
        {
            return; // until it is durable whose word this is; every protocol asks again
        }

        switch (kind)
        {
            case WireKind.Consensus:
                ReceiveConsensus(sender, ref message);
                break;
            case WireKind.Liveness:
                ReceiveLiveness(connection, ref message);
                break;
            case WireKind.KeepAlive:
                SignOfLife sign = SignOfLife.Read(ref message);
                Find(sign.Shard)?.Renew(sign, null, sender);
                break;
            case WireKind.Renewed:
                RelayRenewal(Renewal.Read(ref message));
                break;
            case WireKind.PeerExecute:
                ReceiveExecute(sender, ref message);
                break;
            case WireKind.PeerResolve:
                ReceiveResolve(sender, ref message);
                break;
            case WireKind.PeerReply:
                ReceiveReply(ref message);
                break;
            case WireKind.SnapshotRequest:
                ReceiveSnapshotRequest(sender, ref message);
                break;
            case WireKind.SnapshotPiece:
                ReceiveSnapshotPiece(sender, ref message);
                break;
            case WireKind.Directory:
                AdoptDirectory(NodeDirectory.Decode(message.Rest));
                break;
            case WireKind.ShardReports:
                ReceiveReports(sender, ref message);
                break;
            default:
                throw new MalformedDataException($"Malformed data: message {(byte)kind} from a node.");
        }
    }

    private void ReceiveConsensus(ushort sender, ref ByteReader reader)
    {
        uint shard = reader.ReadUInt32();
        if (!MessageCodec.TryRead(reader.Rest, out Message message, out EntryReader entries)
            || message.From.Value != sender)
        {
            throw new MalformedDataException("Malformed data: a message of a group.");
        }

        if (shard < _shards.Length && (_shards[shard] ?? BeginReplica(shard, message.Kind)) is { } local)
        {
            local.Core.Step(message, entries, Now);
            MarkBusy(local);
        }
    }

    private void ReceiveExecute(ushort sender, ref ByteReader reader)
    {
        ulong request = reader.ReadUInt64();
        uint shard = reader.ReadUInt32();
        ReplyTarget target = new(PeerOf(new(sender)), request);
        Command command = Command.Read(reader.Rest);
        if (command.Code is not (OperationCode.Prepare or OperationCode.Settle))
        {
            throw new MalformedDataException($"Malformed data: operation {(ushort)command.Code} from a node.");
        }

        if (IsReadOnly && command.Code == OperationCode.Prepare)
        {
            target.Refuse(ReplyStatus.Overloaded);
        }
        else if (shard < _shards.Length && _shards[shard] is { } local)
        {
            local.Propose(reader.Rest, target);
        }
        else
        {
            target.Refuse(ReplyStatus.NotLeader);
        }
    }

    private void ReceiveResolve(ushort sender, ref ByteReader reader)
    {
        ReplyTarget target = new(PeerOf(new(sender)), reader.ReadUInt64());
        uint shard = reader.ReadUInt32();
        RequestKey transaction = PrepareTransaction.TransactionOf(ref reader);
        bool commit = reader.ReadByte() == 1;
        reader.End();
        if (shard < _shards.Length && _shards[shard] is { } local)
        {
            local.Resolve(transaction, commit, target);
        }
        else
        {
            target.Refuse(ReplyStatus.NotLeader);
        }
    }

    private void ReceiveReply(ref ByteReader reader)
    {
        NodeReply reply = NodeReply.Read(ref reader, out ulong request);
        if (_asked.Remove(request, out Asked? asked))
        {
            if (reply.Status is ReplyStatus.NotLeader or ReplyStatus.LeadershipLost)
            {
                NoteLeader(asked.Shard, reply.Leader);
            }

            asked.Target.Reply(reply);
        }
    }

    /// <summary>Somebody who was asked does not lead, or does not answer. Without a hint the next replica is asked: of
    /// a shard that this node does not hold it knows nothing else.</summary>
    private void NoteLeader(uint shard, ushort leader)
    {
        if (leader == 0)
        {
            _leaderHints.Remove(shard);
            _askTurn++;
        }
        else
        {
            _leaderHints[shard] = leader;
        }
    }

    private ulong Remember(uint shard, ReplyTarget target)
    {
        ulong request = _nextAsk++;
        _asked.Add(request, new(shard, target));
        _askedOrder.Enqueue((request, Now + s_askTimeout));
        return request;
    }

    private void TickAsked()
    {
        while (_askedOrder.TryPeek(out (ulong Request, TimeSpan Until) oldest) && oldest.Until <= Now)
        {
            _askedOrder.Dequeue();
            if (_asked.Remove(oldest.Request, out Asked? asked))
            {
                NoteLeader(asked.Shard, leader: 0);
            }
        }
    }

    private NodeConnection? LeaderConnection(uint shard)
    {
        if (LeaderOf(shard) is { IsNone: false } leader && OutputTo(leader.Value) is { } known)
        {
            return known;
        }

        IReadOnlyList<ushort> places = ReplicasOf(shard);
        for (int i = 0; i < places.Count; i++)
        {
            ushort node = places[(int)((_askTurn + (uint)i) % (uint)places.Count)];
            if (node != Settings.Self.Value && OutputTo(node) is { } replica)
            {
                return replica;
            }
        }

        return null;
    }

    /// <summary>What is written there goes to the node, unless it is slow to take what it is sent.</summary>
    public NodeConnection? OutputTo(ushort node) =>
        _peers.TryGetValue(node, out Peer? peer) && peer.Connection is { } connection
        && connection.Output.Length < PeerOutputBytesMax ? connection : null;

    private Peer PeerOf(NodeId node)
    {
        if (!_peers.TryGetValue(node.Value, out Peer? peer))
        {
            _peers.Add(node.Value, peer = new());
        }

        return peer;
    }

    /// <summary>Another node. Answers to it go over the connection that this node made to it, when there is
    /// one.</summary>
    private sealed class Peer : IReplySink
    {
        public NodeConnection? Connection { get; set; }

        /// <summary>Its disk is full, it said: it should not lead.</summary>
        public bool IsReadOnly { get; set; }

        /// <summary>The round in which it was last told, over this connection, where this node stands; zero if it was
        /// not.</summary>
        public long ToldRound { get; set; }

        /// <summary>The newest connection that it made to this node.</summary>
        public NodeConnection? Incoming { get; set; }

        /// <summary>The number of its data folder, as it said on <see cref="Incoming"/>.</summary>
        public ulong Incarnation { get; set; }

        /// <summary>The highest level that its build knows; zero until it has said so.</summary>
        public int Level { get; set; }

        public void Reply(ulong token, in NodeReply reply) => Connection?.Reply(token, reply);
    }

    private sealed record Asked(uint Shard, ReplyTarget Target);
}

using Concord.Client.Wire;
using Concord.Cluster.Storage;
using Concord.Encoding;
using Concord.Engines;
using Concord.Operations;
using Concord.Operations.Holds;

namespace Concord.Cluster.Node;

/// <content>Who connects, and what clients may ask.</content>
internal sealed partial class NodeCore
{
    /// <summary>The shell has accepted a connection, from a client or from a peer: it has yet to say.</summary>
    public NodeConnection Accepted() => new(_dirty.Add);

    /// <summary>The body of a frame has come. What cannot be understood costs its sender the connection.</summary>
    public void Receive(NodeConnection connection, ReadOnlySpan<byte> body)
    {
        if (connection.CloseReason is not null)
        {
            return;
        }

        connection.HeardAt = Now;
        try
        {
            var messages = new MessageReader(body);
            while (messages.TryRead(out WireKind kind, out ByteReader message) && connection.CloseReason is null)
            {
                ReceiveMessage(connection, kind, ref message);
            }
        }
        catch (MalformedDataException e)
        {
            Refuse(connection, e.Message);
        }
    }

    private void ReceiveMessage(NodeConnection connection, WireKind kind, ref ByteReader message)
    {
        // These come to an idle node too, and start nothing.
        _isActive |= kind is not (WireKind.Liveness or WireKind.KeepAlive or WireKind.ShardReports
            or WireKind.TopologyRequest or WireKind.StatusRequest);
        if (!connection.Peer.IsNone)
        {
            ReceiveFromDialed(connection, kind, ref message);
        }
        else if (connection.Hello is { } hello)
        {
            if (hello.Role == HelloRole.Peer)
            {
                ReceiveFromPeer(connection, kind, ref message);
            }
            else
            {
                ReceiveFromClient(connection, kind, ref message);
            }
        }
        else if (kind == WireKind.Hello)
        {
            Welcome(connection, Hello.Read(ref message));
        }
        else
        {
            throw new MalformedDataException("The first message must be a hello.");
        }
    }

    private void Welcome(NodeConnection connection, Hello hello)
    {
        if (hello.Cluster != Layout.ClusterId && (hello.Role == HelloRole.Peer || hello.Cluster != default))
        {
            Refuse(connection, ForeignSentence(hello));
            return;
        }

        if (hello.Role == HelloRole.Peer)
        {
            if (hello.Node is 0 or > NodeDirectory.EntriesMax || hello.Node == Settings.Self.Value)
            {
                Refuse(connection, $"Node {hello.Node} is not a member of this cluster, or is this node itself.");
                return;
            }

            if (RefusalOf(hello.Node, hello.Incarnation) is { } refusal)
            {
                Expel(connection, refusal);
                return;
            }

            if (!IsSameFolder(new(hello.Node), hello.Incarnation))
            {
                Refuse(connection, WipedSentence(hello.Node));
                return;
            }

            Peer peer = PeerOf(new(hello.Node));
            (peer.Level, peer.Incarnation, peer.Incoming) = (hello.Level, hello.Incarnation, connection);
            _peerInputs.Add(connection);
        }

        connection.Hello = hello;
        Introduce(connection, WireKind.Welcome, HelloRole.Peer);
    }

    private string ForeignSentence(in Hello hello) => Layout.ProtocolOf(hello.Cluster) is { } other
        ? $"This node agrees with the others by {Layout.Protocol}, and node {hello.Node} was started to do so by "
            + $"{other}: a cluster has one protocol, chosen when it begins. Start both with the same."
        : $"This node belongs to cluster {Layout.ClusterId}, not to {hello.Cluster}: its members, its number of shards "
            + "or its protocol were given differently. Start both with the same.";

    private void Introduce(NodeConnection connection, WireKind kind, HelloRole role)
    {
        new Hello(role, Layout.ClusterId, Settings.Self.Value, Settings.Incarnation, (ushort)Settings.LevelMax)
            .Write(connection.Output, kind);
        connection.MarkDirty();
    }

    private void Refuse(NodeConnection connection, string reason)
    {
        Events.ConnectionRefused(reason);
        connection.Output.Begin(WireKind.Refused).WriteText(reason);
        connection.Output.End();
        connection.CloseReason = reason;
        connection.MarkDirty();
    }

    private void ReceiveFromClient(NodeConnection connection, WireKind kind, ref ByteReader message)
    {
        if (kind == WireKind.KeepAlive)
        {
            HearClient(connection, ref message);
            return;
        }

        ReplyTarget target = new(connection, message.ReadUInt64());
        switch (kind)
        {
            case WireKind.TopologyRequest:
                SendTopology(target);
                return;
            case WireKind.StatusRequest:
                SendStatus(target, message.ReadByte() != 0);
                return;
            case WireKind.MembersRequest:
                AnswerMembers(target, message.Rest);
                return;
        }

        uint number = message.ReadUInt32();
        if (Find(number) is not { } shard)
        {
            RefuseUnheld(connection, kind, target);
            return;
        }

        switch (kind)
        {
            case WireKind.Commit when IsReadOnly && shard.IsLeader:
                RefuseFull(target);
                break;
            case WireKind.Execute:
                Execute(shard, message.Rest, target);
                break;
            case WireKind.Read:
                Read(shard, message.Rest, target);
                break;
            case WireKind.Commit:
                Transactions.Begin(shard, message, target);
                break;
            case WireKind.Query:
                Query(shard, message.Rest, target);
                break;
            case WireKind.Subscribe:
                Subscribe(shard, SubscribeRequest.Read(target.Token, number, ref message), connection);
                break;
            case WireKind.Unsubscribe:
                shard.Unsubscribe(connection, target.Token);
                break;
            case WireKind.ScanRequest:
                Scan(shard, ref message, target);
                break;
            default:
                throw new MalformedDataException($"Malformed data: message {(byte)kind} from a client.");
        }
    }

    private void Execute(Shard shard, ReadOnlySpan<byte> bytes, ReplyTarget target)
    {
        Command command = Command.Read(bytes);
        bool isNumbered = command.Request.Slot != Slot.OfShard
            && IsForClients(command.Code);
        bool isAllowed = command.Request.Session.IsNone
            ? command.Code is OperationCode.OpenSession or OperationCode.CloseSession or OperationCode.Settle
            : isNumbered;
        if (!isAllowed)
        {
            Shard.Refuse(target, $"A client may not ask for operation {(ushort)command.Code} in this way.");
        }
        else if (command.Request.Slot != Slot.OfShard && Layout.Topology.ShardOf(command.Request.Slot) != shard.Id)
        {
            target.Refuse(ReplyStatus.WrongShard);
        }
        else if (IsReadOnly && shard.IsLeader && isNumbered)
        {
            RefuseFull(target);
        }
        else
        {
            shard.Propose(bytes, target);
        }
    }

    private static bool IsForClients(OperationCode code) => !QueryRunner.IsQuery(code)
        && code is (>= OperationCode.SetValue and < OperationCode.Prepare)
            or (>= OperationCode.Acquire and < OperationCode.Wake);

    private void Query(Shard shard, ReadOnlySpan<byte> bytes, ReplyTarget target)
    {
        Command command = Command.Read(bytes);
        if (!QueryRunner.IsQuery(command.Code) || command.Request.Slot.Value >= Slot.Count)
        {
            Shard.Refuse(target, $"Operation {(ushort)command.Code} is not one that only reads.");
        }
        else if (Layout.Topology.ShardOf(command.Request.Slot) != shard.Id)
        {
            target.Refuse(ReplyStatus.WrongShard);
        }
        else
        {
            shard.Query(command, target);
        }
    }

    private static void Subscribe(Shard shard, in SubscribeRequest request, NodeConnection client)
    {
        if (request.Kind == SubscriptionKind.Watch && request.Prefix.Length is < 4 or > HoldKey.BytesMax)
        {
            throw new MalformedDataException($"Malformed data: a watch of {request.Prefix.Length} bytes.");
        }

        shard.Subscribe(request, client);
    }

    /// <summary>A client asks a node that has no replica of the shard.</summary>
    private static void RefuseUnheld(NodeConnection connection, WireKind kind, ReplyTarget target)
    {
        if (kind == WireKind.Subscribe)
        {
            Subscription.SayEnded(connection, target.Token);
        }
        else if (kind != WireKind.Unsubscribe)
        {
            target.Refuse(ReplyStatus.NotLeader);
        }
    }

    private void RefuseFull(ReplyTarget target) => target.Reply(new NodeReply
    {
        Status = ReplyStatus.DiskFull,
        Payload = System.Text.Encoding.UTF8.GetBytes(
            DiskSpace.Sentence(Directory.Find(Settings.Self.Value)!.Address, BytesNeeded)),
    });

    private void Read(Shard shard, ReadOnlySpan<byte> key, ReplyTarget target)
    {
        if (key.Length is < 4 or > IntentTable.TargetKeyBytesMax || RecordKey.SlotOf(key).Value >= Slot.Count
            || RecordKey.KindOf(key) is not (RecordKind.Value or RecordKind.Counter))
        {
            Shard.Refuse(target, "Only values and counters can be read.");
        }
        else if (Layout.Topology.ShardOf(RecordKey.SlotOf(key)) != shard.Id)
        {
            target.Refuse(ReplyStatus.WrongShard);
        }
        else
        {
            shard.Read(key, target);
        }
    }

    private void SendTopology(ReplyTarget target)
    {
        var writer = new ByteWriter(4096);
        Topology fixedPart = Layout.Topology;
        new Topology
        {
            Version = (uint)(fixedPart.Version + Directory.Version),
            ShardOfSlot = fixedPart.ShardOfSlot,
            Nodes =
            [
                .. Directory.Present.Where(entry => !Directory.IsShadowed(entry))
                    .Select(static entry => new NodeAddress(entry.Node, entry.Address)),
            ],
            Shards =
            [
                .. fixedPart.Shards.Select((_, shard) =>
                    new ShardPlace(LeaderOf((uint)shard).Value, ReplicasOf((uint)shard))),
            ],
        }.Write(writer);
        target.Reply(
            new NodeReply { Status = ReplyStatus.Answered, Answer = AnswerStatus.Done, Payload = writer.Written });
    }

    private Shard? Find(uint shard) => shard < _shards.Length ? _shards[shard] : null;
}

using Concord.Client.Routing;
using Concord.Client.Wire;
using Concord.Encoding;
using Concord.Engines;
using Concord.Operations;
using Concord.Operations.Holds;

namespace Concord.Client.Tests.Routing;

/// <summary>
/// A client core with imaginary connections to nodes 1 to 3 at "n1" to "n3". The slots below 512 belong to shard 0, the
/// others to shard 1. Time stands still unless it is moved.
/// </summary>
internal sealed class ClientHarness
{
    public static readonly TimeSpan OperationTimeout = TimeSpan.FromSeconds(10);

    private readonly Dictionary<ushort, ClientConnection> _connections = [];

    public ClientHarness(ulong seed = 1) =>
        Core = new(new(["n1", "n2", "n3"], OperationTimeout, TimeSpan.FromSeconds(30), seed));

    public ClientCore Core { get; }

    public TimeSpan Now { get; private set; }

    /// <summary>Connected to all three, and the layout is known; no leader is, unless given.</summary>
    public static ClientHarness Ready(ushort leader = 0)
    {
        var harness = new ClientHarness();
        harness.Connect(1);
        harness.Connect(2);
        harness.Connect(3);
        harness.GiveTopology(1, leader);
        harness.TakeSent();
        return harness;
    }

    /// <summary>Node 1 leads both shards and knows the session in both.</summary>
    public static ClientHarness Opened()
    {
        ClientHarness harness = Ready(leader: 1);
        ClientCall first = harness.Begin(slot: 0);
        ClientCall second = harness.Begin(slot: 600);
        harness.OpenSessions();
        harness.Answer(harness.TakeSent().Single(sent => sent.Sequence == first.Sequence));
        harness.Core.Abandon(second);
        Assert.Equal(CallOutcome.Answered, first.Outcome);
        harness.Core.Ended.Clear();
        return harness;
    }

    public ClientConnection Connect(ushort node, Guid cluster = default)
    {
        ClientConnection connection = Core.Connected($"n{node}", Now);
        _connections[node] = connection;
        Feed(connection, frames => new Hello(HelloRole.Peer, cluster, node, 1, 1).Write(frames, WireKind.Welcome));
        return connection;
    }

    public void Disconnect(ushort node) => Core.Disconnected(_connections[node], Now);

    public void GiveTopology(ushort from, ushort leader)
    {
        var writer = new ByteWriter();
        new Topology
        {
            Version = 1,
            ShardOfSlot = [.. Enumerable.Range(0, Slot.Count).Select(slot => (ushort)(slot / 512))],
            Shards = [new(leader, new ushort[] { 1, 2, 3 }), new(leader, new ushort[] { 1, 2, 3 })],
            Nodes = [new(1, "n1"), new(2, "n2"), new(3, "n3")],
        }.Write(writer);
        Feed(
            _connections[from],
            frames => new NodeReply
            {
                Status = ReplyStatus.Answered,
                Answer = AnswerStatus.Done,
                Payload = writer.Written,
            }.Write(frames, WireKind.Reply, 0));
    }

    /// <summary>A numbered call.</summary>
    public ClientCall Begin(ushort slot)
    {
        var call = new ClientCall
        {
            Kind = CallKind.Execute,
            Slot = new(slot),
            Code = OperationCode.AddCounter,
            Body = new byte[] { 1 },
            IsNumbered = true,
        };
        Core.Call(call, Now);
        return call;
    }

    public ClientCall Read(ushort slot)
    {
        var call = new ClientCall
        {
            Kind = CallKind.Read,
            Slot = new(slot),
            Body = RecordKey.Named(new Slot(slot), RecordKind.Counter, "", "c"),
        };
        Core.Call(call, Now);
        return call;
    }

    public ClientCall Commit((SessionId Session, ulong Sequence) begun, params ushort[] slots)
    {
        var call = new ClientCall
        {
            Kind = CallKind.Commit,
            Slot = new(slots[0]),
            Transaction = new(
                new(new(slots[0]), begun.Session, begun.Sequence),
                [.. slots.Select(slot => new TransactionAction(
                    ActionKind.Delete,
                    RecordKey.Named(new Slot(slot), RecordKind.Value, "", "v"),
                    0,
                    0,
                    0,
                    0,
                    default))],
                null,
                new(1)),
        };
        Core.Call(call, Now);
        return call;
    }

    /// <summary>What was sent since the last look, but for hellos and questions for the layout.</summary>
    public List<Sent> TakeSent()
    {
        var sent = new List<Sent>();
        foreach (ClientConnection connection in Core.Dirty)
        {
            ReadOnlySpan<byte> rest = connection.Output.Take().Span;
            while (!rest.IsEmpty)
            {
                int length = Frame.LengthOf(rest);
                var reader = new MessageReader(Frame.BodyOf(rest[..length]));
                while (reader.TryRead(out WireKind kind, out ByteReader message))
                {
                    if (kind is WireKind.Execute or WireKind.Read or WireKind.Commit or WireKind.Subscribe)
                    {
                        ulong id = message.ReadUInt64();
                        sent.Add(new(connection, kind, id, message.ReadUInt32(), message.Rest.ToArray()));
                    }
                }

                rest = rest[length..];
            }

            connection.Output.Clear();
        }

        Core.Dirty.Clear();
        return sent;
    }

    /// <summary>Answers every registration that was sent. What follows from it waits in the outputs.</summary>
    public void OpenSessions()
    {
        foreach (Sent sent in TakeSent())
        {
            Assert.Equal(OperationCode.OpenSession, sent.Code);
            AnswerOpened(sent, token: 0);
        }
    }

    public void AnswerOpened(Sent sent, long token)
    {
        var payload = new ByteWriter();
        payload.WriteUInt16((ushort)OperationCode.OpenSession);
        payload.WriteInt64(token);
        Reply(sent, ReplyStatus.Answered, payload: payload.ToArray());
    }

    public void RefuseToOpen(Sent sent, RefusalCode code, long token)
    {
        var payload = new ByteWriter();
        payload.WriteByte((byte)code);
        payload.WriteInt64(token);
        Reply(sent, ReplyStatus.Answered, AnswerStatus.Refused, payload.ToArray());
    }

    public void Answer(Sent sent) => Reply(sent, ReplyStatus.Answered, payload: [7]);

    /// <summary>The claim is granted with a token, or stands in line.</summary>
    public void AnswerClaim(Sent sent, long? token)
    {
        var answer = new OperationAnswer();
        if (token is null)
        {
            ClaimAnswer.Wait(answer, OperationCode.Acquire);
        }
        else
        {
            ClaimAnswer.Grant(answer, OperationCode.Acquire, "held"u8);
        }

        Reply(sent, ReplyStatus.Answered, payload: answer.Payload.ToArray(), revision: token ?? 1);
    }

    public void AnswerRefused(Sent sent, RefusalCode code) =>
        Reply(sent, ReplyStatus.Answered, AnswerStatus.Refused, [(byte)code]);

    /// <summary>A claim of a lock in a slot.</summary>
    public ClientClaim Claim(ushort slot, TimeSpan? timeout = null)
    {
        var claim = new ClientClaim
        {
            Root = RecordKey.Named(new Slot(slot), RecordKind.Lock, "", "l"),
            Code = OperationCode.Acquire,
            Arguments = new byte[] { 1 },
            Timeout = timeout,
        };
        Core.Claim(claim, Now);
        return claim;
    }

    /// <summary>A claim of several messages of a queue in slot 0.</summary>
    public ClientClaim ClaimSeveral(int count)
    {
        var claim = new ClientClaim
        {
            Root = RecordKey.Named(new Slot(0), RecordKind.Queue, "", "q"),
            Code = OperationCode.ReceiveSeveral,
            Arguments = new byte[] { 1 },
            Count = count,
        };
        Core.Claim(claim, Now);
        return claim;
    }

    /// <summary>What was asked for comes by the inbox.</summary>
    public void AnswerSeveral(Sent sent, long revision = 1)
    {
        var answer = new OperationAnswer();
        Operations.Reply.Done(answer, OperationCode.ReceiveSeveral);
        Reply(sent, ReplyStatus.Answered, payload: answer.Payload.ToArray(), revision: revision);
    }

    /// <summary>What was settled has this kept answer.</summary>
    public void AnswerSettled(Sent sent, AnswerStatus kept)
    {
        var answer = new OperationAnswer();
        ByteWriter body = Operations.Reply.Done(answer, OperationCode.Settle);
        body.WriteByte((byte)kept);
        body.WriteInt64(0);
        body.WriteBytes([]);
        Reply(sent, ReplyStatus.Answered, payload: answer.Payload.ToArray());
    }

    /// <summary>The leader tells the inbox that was asked for last.</summary>
    /// <param name="subscription">The inbox.</param>
    /// <param name="kind">What it tells.</param>
    /// <param name="claim">Of what.</param>
    /// <param name="revision">The token, or as of when.</param>
    /// <param name="before">Of several: the last but so many.</param>
    /// <param name="value">The record.</param>
    public void TellInbox(
        Sent subscription,
        InboxEventKind kind,
        ClientClaim? claim = null,
        long revision = 0,
        int before = 0,
        byte[]? value = null)
    {
        byte[] key = claim is null ? [] : HoldKey.Write(
            new byte[HoldKey.BytesMax],
            RecordKind.Hold,
            claim.Root.Span,
            claim.Session!.Id,
            claim.Sequence - (ulong)before).ToArray();
        Feed(
            subscription.Connection,
            frames => new InboxEvent
            {
                Subscription = subscription.Id,
                Kind = kind,
                Revision = revision,
                Key = key,
                Value = value ?? "told"u8,
            }.Write(frames));
    }

    /// <summary>The leader tells a watch that nothing is there.</summary>
    public void TellWatch(Sent subscription, long revision) => Feed(
        subscription.Connection,
        frames =>
        {
            ByteWriter writer = frames.Begin(WireKind.Watched);
            writer.WriteUInt64(subscription.Id);
            writer.WriteInt64(revision);
            writer.WriteInt32(0);
            frames.End();
        });

    public void Renew(uint shard, TimeSpan stamp, bool isAlive = true, SessionId? session = null) => Feed(
        _connections[1],
        frames => new Renewal(shard, session ?? Core.Session.Id, stamp, 1, isAlive).Write(frames));

    public void Refuse(Sent sent, ReplyStatus status, ushort leader = 0) => Reply(sent, status, leader: leader);

    public void Tick(TimeSpan passed)
    {
        Now += passed;
        Core.Tick(Now);
    }

    private void Reply(
        Sent sent,
        ReplyStatus status,
        AnswerStatus answer = AnswerStatus.Done,
        byte[]? payload = null,
        ushort leader = 0,
        long revision = 0) =>
        Feed(
            sent.Connection,
            frames => new NodeReply
            {
                Status = status,
                Answer = answer,
                Leader = leader,
                Revision = revision,
                Payload = payload,
            }.Write(frames, WireKind.Reply, sent.Id));

    private void Feed(ClientConnection connection, Action<FrameWriter> write)
    {
        var frames = new FrameWriter();
        write(frames);
        Core.Receive(connection, Frame.BodyOf(frames.Take().Span), Now);
    }
}

/// <summary>A request as it went out.</summary>
internal sealed record Sent(ClientConnection Connection, WireKind Kind, ulong Id, uint Shard, byte[] Body)
{
    public ushort Node => Connection.Node;

    public OperationCode Code => Command.Read(Body).Code;

    public ulong Session => Command.Read(Body).Request.Session.Value;

    public ulong Sequence => Kind == WireKind.Execute ? Command.Read(Body).Request.Sequence : 0;

    public ulong AcknowledgedThrough => Command.Read(Body).AcknowledgedThrough;

    public byte[] Arguments => Command.Read(Body).Arguments.ToArray();
}

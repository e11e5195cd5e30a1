using Concord.Encoding;
using Concord.Engines;
using Concord.Operations;
using Concord.Operations.Holds;
using Concord.Operations.Queues;
using GiveUpSeveralOperation = Concord.Operations.Queues.GiveUpSeveral;
using ReceiveSeveralOperation = Concord.Operations.Queues.ReceiveSeveral;

namespace Concord.Tests;

/// <summary>Producers and receivers at queues, on the model of a keyspace, and what the records say of it.</summary>
internal sealed class QueueRoom
{
    public static readonly byte[] Queue = Root("{room}q");
    public static readonly byte[] Dead = Root("{room}q.dead");
    private ulong _sequence;

    public ModelKeyspace Keys { get; } = new();

    public long Now
    {
        get => Keys.Now.Milliseconds;
        set => Keys.Now = new(value);
    }

    public static byte[] Root(string name) => RecordKey.Named(RecordKind.Queue, "", name);

    public static byte[] Content(string text)
    {
        var content = new ByteWriter();
        ValueRecord.WriteHead(content, "t");
        content.WriteRaw(System.Text.Encoding.UTF8.GetBytes(text));
        return content.ToArray();
    }

    public static NewMessage Message(string text, string? id = null, string? group = null, long delay = 0) =>
        new(Content(text), id, group, TimeSpan.FromMilliseconds(delay));

    public static string TextOf(ReadOnlySpan<byte> content)
    {
        Assert.Equal("t", ValueRecord.Read(content.ToArray(), out ReadOnlyMemory<byte> text));
        return System.Text.Encoding.UTF8.GetString(text.Span);
    }

    public EngineAnswer Run(OperationRequest request, ulong session = 7) => Keys.Run(
        OperationTable.Find(request.Code)!.Body, request.Arguments, new(request.Slot, new(session), ++_sequence));

    /// <summary>How many were new; −1 when the queue is full.</summary>
    public int Enqueue(params NewMessage[] messages) => EnqueueAt(Queue, messages);

    public int EnqueueAt(byte[] root, params NewMessage[] messages) =>
        EnqueueMessages.Read(Run(EnqueueMessages.Request(root, messages)));

    /// <summary>Asks for a message: at once or not at all.</summary>
    public Delivered? TryReceive(ulong session = 7, byte[]? root = null, long visibility = 0)
    {
        EngineAnswer answer = Receive(session, noWait: true, root ?? Queue, visibility, out ulong sequence);
        if (!Reply.IsDone(answer, OperationCode.Receive, out ByteReader body, out RefusalCode refusal))
        {
            Assert.Equal(RefusalCode.Busy, refusal);
            return null;
        }

        Assert.True(ClaimAnswer.IsGranted(ref body, out ReadOnlySpan<byte> hold));
        Delivered delivered = Find(session, sequence, root)!;
        Assert.Equal(delivered.Token, answer.Revision);
        Assert.Equal(TextOf(DeliveryRecord.Read(hold).Message.Content), delivered.Text);
        return delivered;
    }

    /// <summary>The same; there is one.</summary>
    public Delivered Receive(ulong session = 7, byte[]? root = null, long visibility = 0) =>
        TryReceive(session, root, visibility) ?? throw new InvalidOperationException("No message is ready.");

    /// <summary>Asks for a message and waits in line.</summary>
    /// <returns>The sequence of the request.</returns>
    public ulong Wait(ulong session = 7, byte[]? root = null)
    {
        EngineAnswer answer = Receive(session, noWait: false, root ?? Queue, 0, out ulong sequence);
        Assert.True(Reply.IsDone(answer, OperationCode.Receive, out _, out _));
        return sequence;
    }

    /// <summary>Asks for several messages by one request.</summary>
    /// <returns>The sequence of the last of them.</returns>
    public ulong ReceiveSeveral(int count, ulong session = 7, byte[]? root = null)
    {
        Reserve(count);
        Assert.True(Reply.IsDone(TryReceiveSeveral(count, session, root), OperationCode.ReceiveSeveral, out _, out _));
        return _sequence;
    }

    /// <summary>The next request has the last of so many numbers.</summary>
    public void Reserve(int count) => _sequence += (ulong)(count - 1);

    public EngineAnswer TryReceiveSeveral(int count, ulong session = 7, byte[]? root = null) => Run(
        new(
            RecordKey.SlotOf(root ?? Queue),
            OperationCode.ReceiveSeveral,
            ReceiveSeveralOperation.Arguments(root ?? Queue, count, $"process-{session}"),
            null),
        session);

    public EngineAnswer GiveUpSeveral(ulong session, ulong sequence, ulong deliveries, byte[]? root = null) => Run(
        new(
            RecordKey.SlotOf(root ?? Queue),
            OperationCode.GiveUpSeveral,
            GiveUpSeveralOperation.Arguments(root ?? Queue, sequence, deliveries),
            null),
        session);

    /// <summary>What a request holds; null for nothing.</summary>
    public Delivered? Find(ulong session, ulong sequence, byte[]? root = null)
    {
        byte[] key = HoldKeyOf(session, sequence, root);
        if (!Keys.TryGet(key, out RecordView view))
        {
            return null;
        }

        Assert.Equal(new SessionId(session), view.Owner);
        DeliveryRecord record = DeliveryRecord.Read(view.Value);
        QueueMessage message = record.Message;
        return new(
            session,
            sequence,
            view.CreateRevision,
            TextOf(message.Content),
            message.Order,
            message.Deliveries,
            message.Failures,
            record.Until.Milliseconds,
            key,
            root ?? Queue);
    }

    public static byte[] HoldKeyOf(ulong session, ulong sequence, byte[]? root = null) => HoldKey.Write(
        new byte[HoldKey.BytesMax], RecordKind.Hold, root ?? Queue, new(session), sequence).ToArray();

    public bool Complete(Delivered delivery, ulong? session = null) => CompleteDelivery.Read(
        Run(CompleteDelivery.Request(delivery.Root, delivery.Sequence, delivery.Token), session ?? delivery.Session));

    public bool Fail(Delivered delivery, long retryAfter = 0, string? reason = null, ulong? session = null) =>
        FailDelivery.Read(Run(
            FailDelivery.Request(
                delivery.Root,
                delivery.Sequence,
                delivery.Token,
                TimeSpan.FromMilliseconds(retryAfter),
                reason),
            session ?? delivery.Session));

    public EngineAnswer DeadLetter(Delivered delivery, string reason) => Run(
        FailDelivery.DeadLetter(delivery.Root, delivery.Sequence, delivery.Token, reason), delivery.Session);

    public bool Extend(Delivered delivery, long visibility, ulong? session = null) => ExtendDelivery.Read(Run(
        ExtendDelivery.Request(
            delivery.Root, delivery.Sequence, delivery.Token, TimeSpan.FromMilliseconds(visibility)),
        session ?? delivery.Session));

    public EngineAnswer TryRelease(ulong session, ulong sequence, byte[]? root = null) => Run(
        new(
            RecordKey.SlotOf(root ?? Queue),
            OperationCode.Release,
            ReleaseHold.Arguments(root ?? Queue, sequence),
            null),
        session);

    public void Release(Delivered delivery) => Assert.Equal(
        ReleaseOutcome.Released,
        ReleaseHold.Read(TryRelease(delivery.Session, delivery.Sequence, delivery.Root)));

    public StoredQueueSettings? Configure(
        long visibility = 30_000,
        int maxFailures = 10,
        long maxLength = 0,
        long maxBytes = 0,
        byte[]? dead = null,
        bool replace = false) => ConfigureQueue.Read(Run(ConfigureQueue.Request(
            Queue, new(visibility, maxFailures, maxLength, maxBytes, dead ?? []), replace)));

    public QueueContents Describe(byte[]? root = null)
    {
        long revision = Keys.Revision;
        QueueContents contents = DescribeQueue.Read(Run(DescribeQueue.Request(root ?? Queue)));
        Assert.Equal(revision, Keys.Revision);
        return contents;
    }

    public void OpenSession(ulong session) => Keys.Change(keys =>
        new SessionRecord(IsOpen: true, TimeSpan.FromSeconds(10), keys.Now).Put(keys, new(session)));

    /// <summary>Ends a session, in as many runs as it takes.</summary>
    public void EndSession(ulong session)
    {
        while (CloseSession.HasMore(EndSessionOnce(session)))
        {
        }
    }

    public EngineAnswer EndSessionOnce(ulong session) => Keys.Run(
        CloseSession.Run, CloseSession.Arguments(new(session)), new(Slot.OfShard, default, 0));

    /// <summary>When the leader has to wake the queue; null for never.</summary>
    public long? Timer(byte[]? root = null) => RootTimer.Read(Keys, root ?? Queue)?.Milliseconds;

    /// <summary>Wakes the queue once, as the leader does.</summary>
    public void WakeOnce(byte[]? root = null) => Assert.Equal(AnswerStatus.Done, Keys.Run(
        WakeRoot.Run,
        WakeRoot.Arguments(root ?? Queue),
        new(RecordKey.SlotOf(root ?? Queue), default, 0)).Status);

    /// <summary>Time passes, and the leader wakes whatever is due.</summary>
    public void Pass(long milliseconds)
    {
        Now += milliseconds;
        foreach (byte[] root in new[] { Queue, Dead })
        {
            for (int runs = 0; Timer(root) <= Now; runs++)
            {
                Assert.InRange(runs, 0, 1000);
                WakeOnce(root);
                Assert.InRange(Keys.SeenByLastRun, 0, 2048);
            }
        }
    }

    private EngineAnswer Receive(ulong session, bool noWait, byte[] root, long visibility, out ulong sequence)
    {
        sequence = _sequence + 1;
        return Run(
            new(
                RecordKey.SlotOf(root),
                OperationCode.Receive,
                ReceiveMessage.Arguments(
                    root,
                    noWait,
                    $"process-{session}",
                    visibility == 0 ? null : TimeSpan.FromMilliseconds(visibility)),
                null),
            session);
    }
}

/// <summary>A delivery as its receiver sees it.</summary>
internal sealed record Delivered(
    ulong Session,
    ulong Sequence,
    long Token,
    string Text,
    ulong Order,
    int Deliveries,
    int Failures,
    long Until,
    byte[] Key,
    byte[] Root);

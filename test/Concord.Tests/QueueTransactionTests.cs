using Concord.Encoding;
using Concord.Engines;
using Concord.Operations;
using Concord.Operations.Holds;
using Concord.Operations.Queues;

namespace Concord.Tests;

public sealed class QueueTransactionTests
{
    private readonly QueueRoom _room = new();

    [Fact]
    public void A_message_is_enqueued_when_its_transaction_is_decided()
    {
        Assert.Equal(AnswerStatus.Done, Prepare(1, Enqueue("a")).Status);
        Assert.Null(_room.TryReceive());
        Resolve(1, commit: true);
        Assert.Equal("a", _room.Receive().Text);
        Assert.Equal(AnswerStatus.Done, Decide(2, Enqueue("b")).Status);
        Assert.Equal("b", _room.Receive().Text);
    }

    [Fact]
    public void A_message_of_a_transaction_goes_to_who_waits_and_is_known_by_its_id()
    {
        ulong sequence = _room.Wait();
        Prepare(1, Enqueue("a", id: "1"));
        Prepare(2, Enqueue("again", id: "1"));
        Resolve(1, commit: true);
        Assert.Equal("a", _room.Find(7, sequence)!.Text);
        Resolve(2, commit: true);
        Assert.Null(_room.TryReceive());
        Assert.Equal(0, _room.Enqueue(QueueRoom.Message("a", id: "1")));
        Assert.Equal(1, _room.Enqueue(QueueRoom.Message("b")));
    }

    [Fact]
    public void Between_preparation_and_decision_its_room_is_reserved()
    {
        _room.Configure(maxLength: 2, maxBytes: 12);
        Prepare(1, Enqueue("a"));
        Prepare(2, Enqueue("b"));
        Assert.Equal((byte)RefusalCode.QueueFull, Refusal(Prepare(3, Enqueue("c"))));
        Assert.Equal((byte)RefusalCode.QueueFull, Refusal(Decide(4, Enqueue("c"))));
        Assert.Equal(-1, _room.Enqueue(QueueRoom.Message("c")));
        Resolve(2, commit: false);
        Assert.Equal(-1, _room.Enqueue(QueueRoom.Message("1234567890")));
        Assert.Equal(1, _room.Enqueue(QueueRoom.Message("1234567")));
        Resolve(1, commit: true);
        Assert.Equal(2, _room.Describe().Ready);
        Assert.Equal(3 + 9, _room.Describe().Bytes);
        Assert.Equal(-1, _room.Enqueue(QueueRoom.Message("")));
        _room.Complete(_room.Receive());
        _room.Complete(_room.Receive());
        Assert.Equal(2, _room.Enqueue(QueueRoom.Message("a"), QueueRoom.Message("b")));
    }

    [Fact]
    public void A_delivery_is_completed_when_its_transaction_is_decided()
    {
        _room.Enqueue(QueueRoom.Message("a", group: "g"), QueueRoom.Message("b", group: "g"));
        Delivered a = _room.Receive();
        Assert.Equal(AnswerStatus.Done, Prepare(1, Complete(a)).Status);
        Assert.Null(_room.TryReceive());
        Resolve(1, commit: true);
        Assert.False(_room.Complete(a));
        Delivered b = _room.Receive();
        Assert.Equal("b", b.Text);
        Assert.Equal(AnswerStatus.Done, Decide(2, Complete(b)).Status);
        _room.Pass(60_000);
        Assert.Equal(0, _room.Describe().InFlight);
        Assert.Equal(0, _room.Describe().Ready);
    }

    [Fact]
    public void Between_preparation_and_decision_a_delivery_ends_in_no_other_way()
    {
        _room.OpenSession(8);
        _room.Enqueue(QueueRoom.Message("a"));
        Delivered a = _room.Receive(session: 8);
        Prepare(1, Complete(a));
        OperationRequest[] requests =
        [
            CompleteDelivery.Request(a.Root, a.Sequence, a.Token),
            FailDelivery.Request(a.Root, a.Sequence, a.Token),
            ExtendDelivery.Request(a.Root, a.Sequence, a.Token, TimeSpan.FromSeconds(1)),
        ];
        foreach (OperationRequest request in requests)
        {
            EngineAnswer answer = _room.Run(request, session: 8);
            Assert.Equal(AnswerStatus.Blocked, answer.Status);
            Assert.Equal(Gid(1), OperationAnswer.BlockedBy(answer.Payload.Span));
        }

        Assert.Equal(AnswerStatus.Blocked, _room.TryRelease(8, a.Sequence).Status);
        Assert.Equal(AnswerStatus.Blocked, Prepare(2, Complete(a)).Status);
        Assert.True(CloseSession.HasMore(_room.EndSessionOnce(8)));
        Assert.Equal(AnswerStatus.Blocked, _room.EndSessionOnce(8).Status);
        _room.Pass(60_000);
        Assert.Equal(a, _room.Find(8, a.Sequence)! with { Key = a.Key });
        Resolve(1, commit: false);
        _room.Pass(100);
        Delivered again = _room.Receive();
        Assert.Equal(("a", 1), (again.Text, again.Failures));
        _room.EndSession(8);
    }

    [Fact]
    public void A_delivery_that_is_lost_aborts_the_transaction()
    {
        _room.Enqueue(QueueRoom.Message("a"), QueueRoom.Message("b"));
        Delivered a = _room.Receive();
        Delivered b = _room.Receive();
        _room.Complete(a);
        Assert.Equal((byte)RefusalCode.HoldLost, Refusal(Prepare(1, Complete(a))));
        Assert.Equal((byte)RefusalCode.HoldLost, Refusal(Prepare(1, Complete(b with { Token = a.Token - 1 }))));
        _room.Now += 30_000;
        Assert.Equal((byte)RefusalCode.HoldLost, Refusal(Decide(2, Enqueue("never"), Complete(b))));
        _room.Pass(0);
        Assert.Equal("b", _room.Receive().Text);
        Assert.Null(_room.TryReceive());
    }

    [Fact]
    public void One_transaction_takes_from_one_queue_and_puts_into_another()
    {
        _room.Enqueue(QueueRoom.Message("a"));
        Delivered a = _room.Receive();
        TransactionAction put = Enqueue("b") with { Key = QueueRoom.Dead };
        put = put with { Value = EnqueueMessages.Arguments(QueueRoom.Dead, [QueueRoom.Message("b")]) };
        Assert.Equal(AnswerStatus.Done, Decide(1, Complete(a), put).Status);
        Assert.Equal("b", _room.Receive(root: QueueRoom.Dead).Text);
        Assert.Equal(0, _room.Describe().InFlight);
    }

    [Fact]
    public void What_is_required_of_a_queue_is_not_given_back_before_the_decision()
    {
        _room.Enqueue(QueueRoom.Message("a"));
        Delivered a = _room.Receive();
        var require = new TransactionAction(
            ActionKind.Require, QueueRoom.Queue, a.Token, 0, 0, 0, FenceCheck.Handle(new(7), a.Sequence));
        Assert.Equal(AnswerStatus.Done, Prepare(1, require).Status);
        Assert.Equal(
            AnswerStatus.Blocked, _room.Run(CompleteDelivery.Request(a.Root, a.Sequence, a.Token)).Status);
        Resolve(1, commit: true);
        Assert.True(_room.Complete(a));
    }

    [Fact]
    public void Actions_that_fit_no_queue_are_refused()
    {
        _room.Enqueue(QueueRoom.Message("a"));
        Delivered a = _room.Receive();
        TransactionAction enqueue = Enqueue("a");
        TransactionAction[] wrong =
        [
            enqueue with { Key = QueueRoom.Dead },
            enqueue with { Key = RecordKey.Named(RecordKind.Value, "", "{room}q") },
            enqueue with { Value = EnqueueMessages.Arguments(
                QueueRoom.Queue, [QueueRoom.Message("a"), QueueRoom.Message("b")]) },
            Complete(a) with { Key = QueueRoom.Queue },
            Complete(a) with { Key = a.Key.AsMemory(0, 10) },
        ];
        foreach (TransactionAction action in wrong)
        {
            Assert.Equal(AnswerStatus.Faulted, Prepare(1, action).Status);
        }
    }

    private static RequestKey Gid(ulong number) => new(RecordKey.SlotOf(QueueRoom.Queue), new(7), 1_000_000 + number);

    private static byte Refusal(EngineAnswer answer)
    {
        Assert.Equal(AnswerStatus.Refused, answer.Status);
        return answer.Payload.Span[0];
    }

    private static TransactionAction Enqueue(string text, string? id = null) => new(
        ActionKind.Enqueue,
        QueueRoom.Queue,
        0,
        0,
        0,
        0,
        EnqueueMessages.Arguments(QueueRoom.Queue, [QueueRoom.Message(text, id)]));

    private static TransactionAction Complete(Delivered delivery) =>
        new(ActionKind.Complete, delivery.Key, delivery.Token, 0, 0, 0, default);

    private static byte[] Encode(TransactionAction[] actions)
    {
        var writer = new ByteWriter();
        ActionCodec.Write(writer, actions, [.. Enumerable.Range(0, actions.Length)]);
        return writer.ToArray();
    }

    private EngineAnswer Prepare(ulong number, params TransactionAction[] actions)
    {
        var arguments = new ByteWriter();
        PrepareTransaction.WriteArguments(arguments, Gid(number), 0, new(1), Encode(actions));
        return _room.Keys.Run(PrepareTransaction.Run, arguments.WrittenMemory, Gid(number));
    }

    private void Resolve(ulong number, bool commit)
    {
        var arguments = new ByteWriter();
        ResolveTransactions.WriteArguments(arguments, [(Gid(number), commit)]);
        Assert.Equal(
            AnswerStatus.Done,
            _room.Keys.Run(ResolveTransactions.Run, arguments.WrittenMemory, default).Status);
    }

    private EngineAnswer Decide(ulong number, params TransactionAction[] actions)
    {
        var arguments = new ByteWriter();
        DecideTransaction.WriteArguments(arguments, new()
        {
            Refusal = Verdict.Ok,
            RefusalOrdinal = -1,
            Actions = Encode(actions),
        });
        return _room.Keys.Run(DecideTransaction.Run, arguments.WrittenMemory, Gid(number));
    }
}

using Concord.Engines;
using Concord.Operations;
using Concord.Operations.Holds;
using Concord.Operations.Queues;

namespace Concord.Tests;

public sealed class QueueTests
{
    private readonly QueueRoom _room = new();

    [Fact]
    public void Messages_are_received_in_the_order_in_which_they_came()
    {
        Assert.Equal(1, _room.Enqueue(QueueRoom.Message("a")));
        Assert.Equal(2, _room.Enqueue(QueueRoom.Message("b"), QueueRoom.Message("c")));

        Assert.Equal(["a", "b", "c"], new[] { Receive(), Receive(), Receive() });
        Assert.Null(_room.TryReceive());
    }

    [Fact]
    public void After_completion_only_the_root_remains()
    {
        for (int i = 0; i < 50; i++)
        {
            _room.Enqueue(QueueRoom.Message("a", group: i % 2 == 0 ? "g" : null, delay: i % 3 == 0 ? 10 : 0));
            _room.Pass(10);
            Assert.True(_room.Complete(_room.Receive()));
        }

        _room.Pass(60_000);
        Assert.Null(_room.Timer());
        Assert.Equal(1, _room.Keys.Count);
    }

    [Fact]
    public void The_hot_path_touches_few_records()
    {
        _room.Configure();
        _room.Enqueue(QueueRoom.Message("a"), QueueRoom.Message("b"));
        Assert.Equal(2 + 1, _room.Keys.TouchedByLastRun);
        Delivered first = _room.Receive();
        Assert.Equal(2 + 1 + 1, _room.Keys.TouchedByLastRun);
        Delivered second = _room.Receive();
        Assert.Equal(2 + 1, _room.Keys.TouchedByLastRun);
        _room.Complete(first);
        Assert.Equal(1 + 1, _room.Keys.TouchedByLastRun);
        _room.Complete(second);
        Assert.Equal(1 + 1, _room.Keys.TouchedByLastRun);
        _room.Wait();
        _room.Enqueue(QueueRoom.Message("c"));
        Assert.Equal(1 + 2 + 1, _room.Keys.TouchedByLastRun);
    }

    [Fact]
    public void A_delivery_is_nobody_elses()
    {
        _room.Enqueue(QueueRoom.Message("a"));
        Delivered delivery = _room.Receive(session: 7);

        Assert.Null(_room.TryReceive(session: 8));
        Assert.False(_room.Complete(delivery, session: 8));
        Assert.False(_room.Fail(delivery, session: 8));
        Assert.False(_room.Extend(delivery, 1000, session: 8));
        Assert.True(_room.Complete(delivery));
        Assert.False(_room.Complete(delivery));
    }

    [Fact]
    public void The_receipt_of_an_older_delivery_is_refused()
    {
        _room.Enqueue(QueueRoom.Message("a"));
        Delivered older = _room.Receive();
        _room.Pass(30_000);
        Delivered newer = _room.Receive();

        Assert.Equal((2, 1), (newer.Deliveries, newer.Failures));
        Assert.NotEqual(older.Token, newer.Token);
        Assert.False(_room.Complete(older));
        Assert.False(_room.Fail(older));
        Assert.False(_room.Extend(older, 1000));
        Assert.False(_room.Complete(newer with { Token = older.Token }));
        Assert.False(_room.Fail(newer with { Token = older.Token }));
        Assert.False(_room.Extend(newer with { Token = older.Token }, 1000));
        Assert.True(_room.Complete(newer));
    }

    [Fact]
    public void A_delivery_whose_time_is_over_is_lost_even_before_anybody_noticed()
    {
        _room.Enqueue(QueueRoom.Message("a"));
        Delivered delivery = _room.Receive();
        _room.Now += 29_999;
        Assert.True(_room.Extend(delivery, 5));
        _room.Now += 5;

        Assert.False(_room.Extend(delivery, 1000));
        Assert.False(_room.Complete(delivery));
        Assert.False(_room.Fail(delivery));
    }

    [Fact]
    public void A_delivery_that_is_extended_does_not_end()
    {
        _room.Configure(visibility: 1000);
        _room.Enqueue(QueueRoom.Message("a"));
        Delivered delivery = _room.Receive();
        for (int i = 0; i < 5; i++)
        {
            _room.Pass(900);
            Assert.Null(_room.TryReceive());
            Assert.True(_room.Extend(delivery, 1000));
            Assert.Equal(delivery.Token, _room.Find(7, delivery.Sequence)!.Token);
        }

        _room.Pass(1100);
        Delivered again = _room.Receive();
        Assert.Equal((2, 1), (again.Deliveries, again.Failures));
    }

    [Fact]
    public void A_receiver_can_ask_for_another_visibility()
    {
        _room.Enqueue(QueueRoom.Message("a"));
        Assert.Equal(_room.Now + 500, _room.Receive(visibility: 500).Until);
        _room.Pass(499);
        Assert.Null(_room.TryReceive());
        _room.Pass(1);
        Assert.Equal(_room.Now + 30_000, _room.Receive().Until);
    }

    [Fact]
    public void Given_back_a_message_is_first_again_and_nothing_is_counted()
    {
        _room.Enqueue(QueueRoom.Message("a"), QueueRoom.Message("b"));
        Delivered delivery = _room.Receive();
        for (int i = 0; i < 20; i++)
        {
            _room.Release(delivery);
            delivery = _room.Receive();
            Assert.Equal(("a", 2 + i, 0), (delivery.Text, delivery.Deliveries, delivery.Failures));
        }
    }

    [Fact]
    public void A_failed_message_comes_back_to_its_old_place_or_later()
    {
        _room.Enqueue(QueueRoom.Message("a"), QueueRoom.Message("b"), QueueRoom.Message("c"));
        Assert.True(_room.Fail(_room.Receive()));
        Delivered again = _room.Receive();
        Assert.Equal(("a", 2, 1), (again.Text, again.Deliveries, again.Failures));
        Assert.True(_room.Fail(again, retryAfter: 1000));
        Assert.Equal("b", Receive());
        _room.Pass(1000);
        Assert.Equal(["a", "c"], new[] { Receive(), Receive() });
    }

    [Fact]
    public void A_delayed_message_is_not_received_before_it_is_due()
    {
        _room.Enqueue(QueueRoom.Message("late", delay: 2000), QueueRoom.Message("soon", delay: 1000));
        _room.Enqueue(QueueRoom.Message("now"));
        Assert.Equal("now", Receive());
        Assert.Null(_room.TryReceive());
        Assert.Equal(_room.Now + 1000, _room.Timer());
        _room.Pass(999);
        Assert.Null(_room.TryReceive());
        _room.Pass(1);
        Assert.Equal("soon", Receive());
        _room.Pass(1000);
        Assert.Equal("late", Receive());
    }

    [Fact]
    public void Without_a_leader_that_wakes_it_a_queue_goes_on_with_the_next_operation()
    {
        _room.Enqueue(QueueRoom.Message("a", delay: 1000), QueueRoom.Message("b"));
        Assert.Equal("b", Receive());
        _room.Now += 1000;
        Assert.Equal("a", Receive());
        _room.Now += 30_000;
        Assert.Equal(["a", "b"], new[] { Receive(), Receive() });
    }

    [Fact]
    public void Of_a_group_one_message_is_in_flight_and_in_order()
    {
        _room.Enqueue(
            QueueRoom.Message("g1", group: "g"),
            QueueRoom.Message("g2", group: "g"),
            QueueRoom.Message("h1", group: "h"),
            QueueRoom.Message("x"));
        Delivered g1 = _room.Receive();
        Delivered h1 = _room.Receive();
        Assert.Equal(["g1", "h1", "x"], new[] { g1.Text, h1.Text, Receive() });
        Assert.Null(_room.TryReceive());

        Assert.True(_room.Fail(g1, retryAfter: 1000));
        Assert.Null(_room.TryReceive());
        _room.Pass(1000);
        g1 = _room.Receive();
        Assert.Equal("g1", g1.Text);
        _room.Release(g1);
        g1 = _room.Receive();
        Assert.Equal("g1", g1.Text);
        Assert.Null(_room.TryReceive());
        _room.Complete(g1);
        Assert.Equal("g2", Receive());
    }

    [Fact]
    public void A_dead_letter_unblocks_its_group()
    {
        _room.Configure(maxFailures: 1);
        _room.Enqueue(QueueRoom.Message("g1", group: "g"), QueueRoom.Message("g2", group: "g"));
        Assert.True(_room.Fail(_room.Receive()));
        Assert.Equal("g2", Receive());
    }

    [Fact]
    public void A_delayed_message_holds_up_its_group()
    {
        _room.Enqueue(QueueRoom.Message("g1", group: "g", delay: 1000), QueueRoom.Message("g2", group: "g"));
        Assert.Null(_room.TryReceive());
        _room.Pass(1000);
        Assert.Equal("g1", Receive());
        Assert.Null(_room.TryReceive());
    }

    [Fact]
    public void Groups_whose_names_begin_alike_are_different()
    {
        _room.Enqueue(
            QueueRoom.Message("1", group: "g"),
            QueueRoom.Message("2", group: "g\u0001"),
            QueueRoom.Message("3", group: new string('g', QueueKey.GroupBytesMax)),
            QueueRoom.Message("4", group: "g"));
        Delivered first = _room.Receive();
        Assert.Equal(["1", "2", "3"], new[] { first.Text, Receive(), Receive() });
        Assert.Null(_room.TryReceive());
        _room.Complete(first);
        Assert.Equal("4", Receive());
    }

    [Fact]
    public void A_message_id_is_known_again_also_after_completion_until_the_retention_is_over()
    {
        Assert.Equal(1, _room.Enqueue(QueueRoom.Message("a", id: "1")));
        Assert.Equal(0, _room.Enqueue(QueueRoom.Message("a", id: "1")));
        Assert.Equal(1, _room.Enqueue(
            QueueRoom.Message("b", id: "2"), QueueRoom.Message("b", id: "2"), QueueRoom.Message("a", id: "1")));
        _room.Complete(_room.Receive());
        _room.Complete(_room.Receive());
        Assert.Null(_room.TryReceive());
        _room.Pass(30_000);
        Assert.Equal(0, _room.Enqueue(QueueRoom.Message("a", id: "1")));

        _room.Now += (24 * 3_600_000) - 30_000;
        Assert.Equal(1, _room.Enqueue(QueueRoom.Message("a", id: "1")));
        Assert.Equal(0, _room.Enqueue(QueueRoom.Message("a", id: "1")));
        _room.Pass(24 * 3_600_000);
        Assert.Equal(1, _room.Enqueue(QueueRoom.Message("a", id: "1")));
    }

    [Fact]
    public void Remembered_ids_are_all_forgotten_in_time()
    {
        for (int i = 0; i < 200; i++)
        {
            _room.Enqueue(QueueRoom.Message("a", id: $"{i}"));
            _room.Complete(_room.Receive());
        }

        Assert.Equal(2 + 400, _room.Keys.Count);
        _room.Pass(24 * 3_600_000);
        Assert.Equal(1, _room.Keys.Count);
    }

    [Fact]
    public void A_full_queue_refuses_and_nothing_is_enqueued()
    {
        _room.Configure(maxLength: 2, maxBytes: 100);
        Assert.Equal(-1, _room.Enqueue(
            QueueRoom.Message("a", id: "1"), QueueRoom.Message("b"), QueueRoom.Message("c")));
        Assert.Equal(0, _room.Describe().Ready);
        Assert.Equal(2, _room.Enqueue(QueueRoom.Message("a", id: "1"), QueueRoom.Message("b")));
        Delivered delivery = _room.Receive();
        Assert.Equal(-1, _room.Enqueue(QueueRoom.Message("c")));
        Assert.Equal(0, _room.Enqueue(QueueRoom.Message("a", id: "1")));
        _room.Complete(delivery);
        Assert.Equal(-1, _room.Enqueue(QueueRoom.Message(new string('x', 96))));
        Assert.Equal(1, _room.Enqueue(QueueRoom.Message(new string('x', 95))));
        Assert.Equal(100, _room.Describe().Bytes);
    }

    [Fact]
    public void After_its_last_failure_a_message_is_dead_lettered_with_its_story()
    {
        _room.Configure(maxFailures: 2, maxLength: 1);
        _room.Enqueue(QueueRoom.Message("a", id: "1", group: "g"));
        _room.Fail(_room.Receive(), reason: "first");
        Assert.Equal((1, 0), (_room.Describe().Ready, _room.Describe().DeadLetters));
        _room.Release(_room.Receive());
        _room.Fail(_room.Receive(), reason: "second");

        QueueContents contents = _room.Describe();
        Assert.Equal((0, 0, 0, 1, 1, 0), (
            contents.Ready,
            contents.Delayed,
            contents.InFlight,
            contents.DeadLetters,
            contents.DeadLettered,
            contents.Bytes));
        Assert.Equal(QueueRoom.Dead, contents.DeadLetterRoot.ToArray());
        Delivered dead = _room.Receive(root: QueueRoom.Dead);
        Assert.Equal(("a", 1, 0), (dead.Text, dead.Deliveries, dead.Failures));
        Assert.True(_room.Keys.TryGet(dead.Key, out RecordView view));
        QueueMessage message = DeliveryRecord.Read(view.Value).Message;
        DeadLetterNote note = DeadLetterNote.Read(message.Note);
        Assert.Equal(QueueRoom.Queue, note.Source.ToArray());
        Assert.Equal((3, 2, "second"), (note.Deliveries, note.Failures, note.Reason.ToText()));
        Assert.Equal("1", message.Id.ToText());
    }

    [Fact]
    public void A_message_is_dead_lettered_at_once()
    {
        _room.Enqueue(QueueRoom.Message("a"), QueueRoom.Message("b"));
        Assert.True(FailDelivery.Read(_room.DeadLetter(_room.Receive(), "nonsense")));
        Assert.Equal("b", Receive());
        Assert.Equal("a", _room.Receive(root: QueueRoom.Dead).Text);
    }

    [Fact]
    public void Without_a_queue_for_dead_letters_nothing_is_lost()
    {
        _room.EnqueueAt(QueueRoom.Dead, QueueRoom.Message("a"));
        for (int i = 0; i < 30; i++)
        {
            Assert.True(_room.Fail(_room.Receive(root: QueueRoom.Dead)));
        }

        Delivered delivery = _room.Receive(root: QueueRoom.Dead);
        Assert.Equal(30, delivery.Failures);
        EngineAnswer answer = _room.DeadLetter(delivery, "nonsense");
        Assert.Equal(AnswerStatus.Faulted, answer.Status);
        Assert.True(_room.Complete(delivery));
    }

    [Fact]
    public void A_dead_letter_goes_to_whoever_waits_for_one()
    {
        _room.Configure(maxFailures: 1);
        ulong waiting = _room.Wait(session: 9, QueueRoom.Dead);
        _room.Enqueue(QueueRoom.Message("a"));
        _room.Fail(_room.Receive());
        Assert.Equal("a", _room.Find(9, waiting, QueueRoom.Dead)!.Text);
    }

    [Fact]
    public void Dead_letters_go_back_to_where_they_come_from()
    {
        _room.Configure(maxFailures: 1, maxLength: 3);
        _room.Enqueue(QueueRoom.Message("a", group: "g"), QueueRoom.Message("b", group: "g"), QueueRoom.Message("c"));
        for (int i = 0; i < 3; i++)
        {
            _room.Fail(_room.Receive());
        }

        _room.EnqueueAt(QueueRoom.Dead, QueueRoom.Message("no dead letter"));
        _room.Enqueue(QueueRoom.Message("d"));
        Assert.Equal((2, 2UL), Redrive());
        Assert.Equal("d", _room.Receive().Text);
        Assert.Null(Redrive(after: 2));
        Delivered a = _room.Receive();
        Assert.Equal(("a", 1, 0), (a.Text, a.Deliveries, a.Failures));
        _room.Complete(a);
        Assert.Equal((1, null), Redrive(after: 2));
        Assert.Equal(["b", "c"], new[] { Receive(), Receive() });
        Assert.Equal(1, _room.Describe(QueueRoom.Dead).Ready);
    }

    [Fact]
    public void A_message_goes_to_the_first_who_waits_for_it()
    {
        ulong first = _room.Wait(session: 7);
        ulong second = _room.Wait(session: 8);
        Assert.Equal(2, _room.Describe().Waiting);
        _room.Enqueue(QueueRoom.Message("a"));
        Assert.Equal("a", _room.Find(7, first)!.Text);
        Assert.Null(_room.Find(8, second));
        _room.Release(_room.Find(7, first)!);
        Assert.Equal(("a", 2), (_room.Find(8, second)!.Text, _room.Find(8, second)!.Deliveries));
        Assert.Equal(0, _room.Describe().Waiting);
    }

    [Fact]
    public void What_comes_due_or_comes_back_goes_to_whoever_waits()
    {
        _room.Enqueue(QueueRoom.Message("a"), QueueRoom.Message("b", delay: 1000));
        Delivered a = _room.Receive();
        ulong first = _room.Wait();
        ulong second = _room.Wait();
        ulong third = _room.Wait();
        _room.Pass(1000);
        Assert.Equal("b", _room.Find(7, first)!.Text);
        _room.Pass(29_000);
        Assert.Equal(("a", 1), (_room.Find(7, second)!.Text, _room.Find(7, second)!.Failures));
        Assert.False(_room.Complete(a));
        _room.Fail(_room.Find(7, second)!);
        Assert.Equal(("a", 2), (_room.Find(7, third)!.Text, _room.Find(7, third)!.Failures));
    }

    [Fact]
    public void Who_gives_up_waiting_gets_nothing()
    {
        ulong first = _room.Wait();
        ulong second = _room.Wait();
        Assert.Equal(ReleaseOutcome.LeftLine, ReleaseHold.Read(_room.TryRelease(7, first)));
        _room.Enqueue(QueueRoom.Message("a"));
        Assert.Null(_room.Find(7, first));
        Assert.Equal("a", _room.Find(7, second)!.Text);
    }

    [Fact]
    public void A_lost_session_gives_back_what_it_holds_and_each_has_failed()
    {
        _room.OpenSession(8);
        _room.Enqueue(QueueRoom.Message("a"), QueueRoom.Message("b"));
        _room.Receive(session: 8);
        _room.Receive(session: 8);
        for (int i = 0; i < 70; i++)
        {
            _room.Wait(session: 8);
        }

        ulong waiting = _room.Wait(session: 7);
        _room.EndSession(8);
        Delivered a = _room.Find(7, waiting)!;
        Assert.Equal(("a", 2, 1), (a.Text, a.Deliveries, a.Failures));
        Delivered b = _room.Receive();
        Assert.Equal(("b", 2, 1), (b.Text, b.Deliveries, b.Failures));
        Assert.Equal(0, _room.Describe().Waiting);
    }

    [Fact]
    public void A_session_with_many_receivers_in_line_ends_within_the_bound_of_records()
    {
        _room.OpenSession(8);
        for (int i = 0; i < 55; i++)
        {
            _room.Enqueue(QueueRoom.Message($"{i}"));
            _room.Receive(session: 8);
        }

        for (int i = 0; i < 1500; i++)
        {
            _room.Wait(session: 8);
        }

        ulong waiting = _room.Wait(session: 7);
        while (CloseSession.HasMore(_room.EndSessionOnce(8)))
        {
            Assert.InRange(_room.Keys.SeenByLastRun, 1, 2048);
            Assert.True(_room.Timer() <= _room.Now || _room.Describe().Waiting == 0);
        }

        _room.Pass(0);
        Assert.Equal("0", _room.Find(7, waiting)!.Text);
        Assert.Equal(54, _room.Describe().Ready);
    }

    [Fact]
    public void A_large_message_is_not_in_the_answer_to_one_who_can_wait()
    {
        string text = new('x', ReceiveMessage.InlineBytesMax);
        _room.Enqueue(QueueRoom.Message(text), QueueRoom.Message(text));
        ulong sequence = _room.Wait();
        Assert.Equal(text, _room.Find(7, sequence)!.Text);
        Assert.Equal(text, _room.Receive().Text);
    }

    private (int Moved, ulong? Next)? Redrive(ulong after = 0) =>
        RedriveQueue.Read(_room.Run(RedriveQueue.Request(QueueRoom.Dead, after)));

    private string Receive() => _room.Receive().Text;
}

internal static class TextBytes
{
    public static string ToText(this ReadOnlySpan<byte> bytes) => System.Text.Encoding.UTF8.GetString(bytes);
}

using Concord.Encoding;
using Concord.Engines;
using Concord.Operations;
using Concord.Operations.Queues;

namespace Concord.Tests;

public sealed class QueueAdministrationTests
{
    private readonly QueueRoom _room = new();

    [Fact]
    public void A_queue_that_nobody_configured_has_defaults()
    {
        QueueContents contents = _room.Describe(QueueRoom.Root("plain"));
        Assert.False(contents.IsConfigured);
        Assert.True(contents.Settings.IsSame(StoredQueueSettings.Default));
        Assert.Null(contents.OldestAge);
        Assert.Equal(QueueRoom.Root("{plain}.dead"), contents.DeadLetterRoot.ToArray());
        Assert.Equal(0, _room.Keys.Count);
    }

    [Fact]
    public void Settings_that_differ_are_refused_unless_forced()
    {
        Assert.Null(_room.Configure(visibility: 1000, maxFailures: 3));
        Assert.Null(_room.Configure(visibility: 1000, maxFailures: 3));
        StoredQueueSettings stored = _room.Configure(visibility: 2000, maxFailures: 3)!.Value;
        Assert.Equal((1000, 3), (stored.Visibility, stored.MaxFailures));
        Assert.NotNull(_room.Configure(visibility: 1000, maxFailures: 3, dead: QueueRoom.Dead));
        Assert.Equal(1000, _room.Describe().Settings.Visibility);
        Assert.Null(_room.Configure(visibility: 2000, maxFailures: 4, maxLength: 5, maxBytes: 6, replace: true));
        StoredQueueSettings now = _room.Describe().Settings;
        Assert.Equal((2000, 4, 5, 6), (now.Visibility, now.MaxFailures, now.MaxLength, now.MaxBytes));
    }

    [Fact]
    public void To_configure_a_queue_in_use_changes_nothing_else()
    {
        _room.Enqueue(QueueRoom.Message("a"), QueueRoom.Message("b"));
        Delivered a = _room.Receive();
        Assert.Null(_room.Configure(visibility: 1000));
        Assert.Equal((1, 1), (_room.Describe().Ready, _room.Describe().InFlight));
        Assert.Equal(_room.Now + 1000, _room.Receive().Until);
        Assert.True(_room.Complete(a));
    }

    [Fact]
    public void A_queue_for_dead_letters_in_another_slot_is_refused_with_a_sentence()
    {
        InvalidOperationException refused = Assert.Throws<InvalidOperationException>(
            () => _room.Configure(dead: QueueRoom.Root("elsewhere")));
        Assert.Contains("give both names the same {tag}", refused.Message, StringComparison.Ordinal);
        Assert.Throws<InvalidOperationException>(() => _room.Configure(dead: QueueRoom.Queue));
        Assert.Throws<InvalidOperationException>(() => _room.Configure(visibility: 0));
        Assert.Throws<InvalidOperationException>(() => _room.Configure(maxFailures: 0));
        Assert.Throws<InvalidOperationException>(() => _room.Configure(maxLength: -1));
        Assert.Throws<InvalidOperationException>(
            () => _room.Configure(dead: RecordKey.Named(RecordKind.Value, "", "{room}v")));
        Assert.Null(_room.Configure(dead: QueueRoom.Root("{room}.graveyard"), maxFailures: 1));
        _room.Enqueue(QueueRoom.Message("a"));
        _room.Fail(_room.Receive());
        Assert.Equal("a", _room.Receive(root: QueueRoom.Root("{room}.graveyard")).Text);
    }

    [Theory]
    [InlineData("orders", "{orders}.dead")]
    [InlineData("{shop}.orders", "{shop}.orders.dead")]
    [InlineData("a{b}c", "a{b}c.dead")]
    [InlineData("orders.dead", null)]
    [InlineData("odd{", "{odd{}.dead")]
    [InlineData("o}dd", null)]
    public void The_default_queue_for_dead_letters_lies_in_the_same_slot(string name, string? dead)
    {
        byte[]? root = DeadLetterQueue.DefaultOf(QueueRoom.Root(name));
        Assert.Equal(dead, root is null ? null : RecordKey.NameOf(root).Name);
    }

    [Fact]
    public void A_purge_deletes_all_that_nobody_holds_in_bounded_runs()
    {
        for (int i = 0; i < 700; i++)
        {
            string? group = i % 3 == 0 ? $"g{i % 2}" : null;
            _room.Enqueue(QueueRoom.Message("x", group: group, delay: i % 5 == 0 ? 60_000 : 0));
        }

        Delivered held = _room.Receive();
        Delivered grouped = _room.Receive();
        while (!_room.Keys.Read(grouped.Key).Value.IsEmpty && GroupOf(grouped).Length == 0)
        {
            _room.Complete(grouped);
            grouped = _room.Receive();
        }

        int purged = 0;
        bool hasMore = true;
        while (hasMore)
        {
            (int count, hasMore) = PurgeQueue.Read(_room.Run(PurgeQueue.Request(QueueRoom.Queue)));
            Assert.InRange(count, 1, PurgeQueue.MessagesPerRunMax);
            Assert.InRange(_room.Keys.SeenByLastRun, 1, 2048);
            purged += count;
        }

        Assert.InRange(purged, 690, 698);
        QueueContents contents = _room.Describe();
        Assert.Equal((0, 0, 2), (contents.Ready, contents.Delayed, contents.InFlight));
        _room.Enqueue(QueueRoom.Message("next", group: GroupOf(grouped)));
        Assert.Null(_room.TryReceive());
        Assert.True(_room.Complete(grouped));
        _room.Complete(_room.Receive());
        _room.Complete(held);
        _room.Pass(60_000);
        Assert.Equal(1, _room.Keys.Count);
        Assert.Equal(0, _room.Describe().Bytes);
    }

    [Fact]
    public void A_description_says_what_is_there()
    {
        _room.Enqueue(QueueRoom.Message("a"), QueueRoom.Message("b"), QueueRoom.Message("c", delay: 5000));
        _room.Enqueue(QueueRoom.Message("g", group: "g"), QueueRoom.Message("g", group: "g"));
        _room.Receive();
        _room.Now += 1500;
        QueueContents contents = _room.Describe();
        Assert.Equal((3, 1, 1, 1, 5 * 3, 0), (
            contents.Ready,
            contents.Behind,
            contents.Delayed,
            contents.InFlight,
            contents.Bytes,
            contents.Waiting));
        Assert.Equal(TimeSpan.FromSeconds(1.5), contents.OldestAge);
    }

    [Fact]
    public void A_message_does_not_wait_while_it_is_delayed()
    {
        _room.Enqueue(QueueRoom.Message("late", delay: 5000));
        _room.Now += 6000;
        _room.WakeOnce();

        Assert.Equal(TimeSpan.FromSeconds(1), _room.Describe().OldestAge);
    }

    [Fact]
    public void Only_roots_of_queues_in_the_slot_are_accepted()
    {
        byte[] value = RecordKey.Named(RecordKind.Value, "", "{room}q");
        OperationRequest[] requests =
        [
            EnqueueMessages.Request(value, [QueueRoom.Message("a")]),
            CompleteDelivery.Request(value, 1, 1),
            FailDelivery.Request(value, 1, 1),
            ExtendDelivery.Request(value, 1, 1, TimeSpan.FromSeconds(1)),
            ConfigureQueue.Request(value, StoredQueueSettings.Default, replace: false),
            PurgeQueue.Request(value),
            RedriveQueue.Request(value),
            DescribeQueue.Request(value),
        ];
        foreach (OperationRequest request in requests)
        {
            EngineAnswer answer = _room.Run(request);
            Assert.Equal((AnswerStatus.Refused, (byte)RefusalCode.WrongKind), (answer.Status, answer.Payload.Span[0]));
            Assert.Equal(AnswerStatus.Faulted, _room.Run(request with { Slot = new(1023) }).Status);
        }
    }

    [Fact]
    public void What_no_sender_sends_is_refused_and_changes_nothing()
    {
        NewMessage a = QueueRoom.Message("a");
        NewMessage[][] batches =
        [
            [],
            [.. Enumerable.Repeat(a, EnqueueBatch.MessagesMax + 1)],
            [a, a with { Content = default }],
            [a, a with { Delay = TimeSpan.FromMilliseconds(-1) }],
            [a, a with { Delay = TimeSpan.FromDays(366) }],
            [a, a with { Id = new('x', QueueKey.IdBytesMax + 1) }],
            [a, a with { Group = new('x', QueueKey.GroupBytesMax + 1) }],
            [a, QueueRoom.Message(new('x', QueueMessage.ContentBytesMax))],
            [.. Enumerable.Repeat(QueueRoom.Message(new('x', 250_000)), 5)],
        ];
        foreach (NewMessage[] batch in batches)
        {
            EngineAnswer answer = _room.Run(EnqueueMessages.Request(QueueRoom.Queue, batch));
            Assert.Equal(AnswerStatus.Faulted, answer.Status);
        }

        Assert.Equal(0, _room.Keys.Count);
        Assert.Equal(EnqueueBatch.MessagesMax, _room.Enqueue([.. Enumerable.Repeat(
            a with { Id = null, Group = new('x', QueueKey.GroupBytesMax) }, EnqueueBatch.MessagesMax)]));
    }

    [Fact]
    public void The_largest_batch_stays_within_the_bound_of_records()
    {
        NewMessage[] batch =
        [
            .. Enumerable.Range(0, EnqueueBatch.MessagesMax).Select(i => QueueRoom.Message("a", $"{i}", $"g{i}")),
        ];
        for (int i = 0; i < 300; i++)
        {
            _room.Wait(session: (ulong)(7 + (i % 100)));
        }

        _room.Enqueue(batch);
        Assert.InRange(_room.Keys.SeenByLastRun, 1000, 2048);
        _room.Now += 25 * 3_600_000;
        _room.Enqueue([.. batch.Select(message => message with { Group = $"h{message.Group}" })]);
        Assert.InRange(_room.Keys.SeenByLastRun, 1000, 2048);
    }

    [Fact]
    public void Roots_and_ids_of_the_greatest_length_fit()
    {
        string name = new('n', RecordKey.NameBytesMax);
        byte[] root = RecordKey.Named(RecordKind.Queue, new('s', RecordKey.NamespaceBytesMax), name);
        var message = new NewMessage(
            QueueRoom.Content("a"), new('i', QueueKey.IdBytesMax), new('g', QueueKey.GroupBytesMax));
        Assert.Equal(1, _room.EnqueueAt(root, message));
        Assert.Equal(1, _room.EnqueueAt(root, message with { Id = null }));
        Delivered delivery = _room.Receive(root: root);
        Assert.True(_room.Extend(delivery, 1000));
        Assert.True(_room.Fail(delivery));
        Assert.True(_room.Complete(_room.Receive(root: root)));
        Assert.True(_room.Complete(_room.Receive(root: root)));
        _room.Now += 25 * 3_600_000;
        _room.WakeOnce(root);
        Assert.Equal(1, _room.Keys.Count);
    }

    private string GroupOf(Delivered delivery) => DeliveryRecord.Read(
        _room.Keys.Read(delivery.Key).Value.Span).Message.Group.ToText();
}

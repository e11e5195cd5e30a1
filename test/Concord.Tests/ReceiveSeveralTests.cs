using Concord.Encoding;
using Concord.Engines;
using Concord.Operations;
using Concord.Operations.Holds;
using Concord.Operations.Queues;

namespace Concord.Tests;

/// <summary>Several messages by one request: what it is given at once, what as it comes, and what is left when it is
/// given up.</summary>
public sealed class ReceiveSeveralTests
{
    private readonly QueueRoom _room = new();

    [Fact]
    public void What_is_ready_is_delivered_at_once_and_the_rest_as_it_comes_each_under_its_own_number()
    {
        _room.Enqueue(QueueRoom.Message("a"), QueueRoom.Message("b"));
        ulong last = _room.ReceiveSeveral(4);
        ulong other = _room.Wait(session: 8);

        _room.Enqueue(QueueRoom.Message("c"));
        _room.Enqueue(QueueRoom.Message("d"), QueueRoom.Message("e"));

        Assert.Equal(
            ["a", "b", "c", "d"], Enumerable.Range(0, 4).Select(i => _room.Find(7, last - 3 + (ulong)i)?.Text));
        Assert.Equal("e", _room.Find(8, other)?.Text);
        QueueContents contents = _room.Describe();
        Assert.Equal((0, 5), ((int)contents.Ready, (int)contents.InFlight));
    }

    [Fact]
    public void What_is_given_up_comes_back_in_order_and_goes_to_those_who_wait()
    {
        _room.Enqueue(QueueRoom.Message("a"), QueueRoom.Message("b"), QueueRoom.Message("c"));
        ulong last = _room.ReceiveSeveral(5);
        ulong first = _room.Wait(session: 8);
        ulong second = _room.Wait(session: 9);

        // "b" has been seen: it stays.
        Assert.True(_room.Find(7, last - 3)?.Text == "b");
        Assert.Equal(AnswerStatus.Done, _room.GiveUpSeveral(7, last, 0b10111).Status);

        Assert.Equal(("a", "c"), (_room.Find(8, first)?.Text, _room.Find(9, second)?.Text));
        Assert.Equal("b", _room.Find(7, last - 3)?.Text);
        Assert.Equal(0, _room.Find(8, first)?.Failures);
        _room.Enqueue(QueueRoom.Message("d"));
        Assert.Equal(1, _room.Describe().Ready);
    }

    [Fact]
    public void What_was_given_up_before_it_ran_never_runs()
    {
        _room.OpenSession(7);
        _room.Enqueue(QueueRoom.Message("a"));
        const ulong last = 40;

        _room.GiveUpSeveral(7, last, 0b1111);

        RequestKey request = new(RecordKey.SlotOf(QueueRoom.Queue), new(7), last);
        Assert.Equal(
            AnswerFound.Kept, SessionAnswers.Find(_room.Keys, request, out AnswerStatus status, out _, out _));
        Assert.Equal(AnswerStatus.Cancelled, status);
        Assert.Equal(1, _room.Describe().Ready);
    }

    [Fact]
    public void Nobody_gives_up_what_another_session_has_asked_for()
    {
        _room.Enqueue(QueueRoom.Message("a"));
        ulong last = _room.ReceiveSeveral(2);

        _room.GiveUpSeveral(8, last, 0b11);

        Assert.Equal("a", _room.Find(7, last - 1)?.Text);
        _room.Enqueue(QueueRoom.Message("b"));
        Assert.Equal("b", _room.Find(7, last)?.Text);
    }

    [Fact]
    public void One_entry_delivers_a_bounded_number_of_bytes_and_the_rest_follows_at_once()
    {
        EnqueueLarge(30);

        ulong last = _room.ReceiveSeveral(30);

        for (int delivered = 6; delivered < 30; delivered += 6)
        {
            Assert.Equal(delivered, _room.Describe().InFlight);
            Assert.Equal(_room.Now, _room.Timer());
            _room.WakeOnce();
        }

        Assert.Equal((0, 30), ((int)_room.Describe().Ready, (int)_room.Describe().InFlight));
        Assert.StartsWith("29 ", _room.Find(7, last)?.Text, StringComparison.Ordinal);
    }

    [Fact]
    public void Who_waits_while_messages_are_ready_is_not_passed()
    {
        EnqueueLarge(30);
        ulong first = _room.ReceiveSeveral(30);
        ulong second = _room.ReceiveSeveral(2, session: 8);

        _room.Pass(0);

        Assert.StartsWith("29 ", _room.Find(7, first)?.Text, StringComparison.Ordinal);
        Assert.Null(_room.Find(8, second - 1));
        _room.Enqueue(QueueRoom.Message("next"));
        Assert.Equal("next", _room.Find(8, second - 1)?.Text);
    }

    [Fact]
    public void Who_finds_the_line_full_is_refused_and_given_nothing()
    {
        for (int i = 0; i < AcquireHold.LineMax; i++)
        {
            _room.Wait(session: 8);
        }

        _room.Reserve(3);
        EngineAnswer answer = _room.TryReceiveSeveral(3);

        Assert.False(Reply.IsDone(
            answer, OperationCode.ReceiveSeveral, out ByteReader body, out RefusalCode refusal));
        Assert.Equal((RefusalCode.LineFull, AcquireHold.LineMax), (refusal, body.ReadInt32()));
    }

    [Theory]
    [InlineData(0)]
    [InlineData(3)]
    [InlineData(ReceiveSeveral.CountMax + 1)]
    public void A_number_that_is_no_number_of_messages_is_malformed(int count)
    {
        _room.Enqueue(QueueRoom.Message("a"));
        _room.Reserve(count == 3 ? 1 : 100);

        // The first of three would have the number zero.
        Assert.Equal(AnswerStatus.Faulted, _room.TryReceiveSeveral(count).Status);
        Assert.Equal(AnswerStatus.Faulted, _room.GiveUpSeveral(7, 3, 0b1000).Status);
        Assert.Equal(1, _room.Describe().Ready);
    }

    [Fact]
    public void What_a_receiver_asks_for_survives_its_place_in_line_byte_by_byte()
    {
        var one = new ByteWriter();
        new ReceiveRequest { Visibility = 5, Process = "p"u8 }.Write(one);
        var several = new ByteWriter();
        new ReceiveRequest { Visibility = 5, Process = "p"u8, Left = 64 }.Write(several);

        Assert.Equal(1, ReceiveRequest.Read(one.Written).Left);
        Assert.Equal(1, ReceiveRequest.ReadPlace(one.Written).Left);
        Assert.Equal(64, ReceiveRequest.ReadPlace(several.Written).Left);

        // One alone is written as before there were several: a replica with that build reads it.
        Assert.Equal(one.Length + 2, several.Length);
        var tooMany = new ByteWriter();
        new ReceiveRequest { Left = 65 }.Write(tooMany);
        Assert.Throws<MalformedDataException>(() => { ReceiveRequest.ReadPlace(tooMany.Written); });

        // As arguments it was refused before, and is by all.
        Assert.Throws<MalformedDataException>(() => { ReceiveRequest.Read(several.Written); });
    }

    private void EnqueueLarge(int count)
    {
        string large = new('x', 200_000);
        for (int i = 0; i < count; i++)
        {
            _room.Enqueue(QueueRoom.Message($"{i} {large}"));
        }
    }
}

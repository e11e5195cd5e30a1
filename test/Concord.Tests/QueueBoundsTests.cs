using Concord.Operations.Queues;

namespace Concord.Tests;

/// <summary>However much is due at once, one entry does a bounded part of it; nothing is lost between two.</summary>
public sealed class QueueBoundsTests
{
    private const int Messages = 700;
    private readonly QueueRoom _room = new();

    [Fact]
    public void Many_deliveries_that_time_out_at_once_all_come_back()
    {
        _room.Configure(visibility: 1000);
        List<Delivered> deliveries = Deliver();

        // Some go on: those that end are found among them, over as many runs as it takes.
        foreach (Delivered delivery in deliveries.Where((_, i) => i % 3 == 0))
        {
            Assert.True(_room.Extend(delivery, 2000));
        }

        _room.Now += 1000;
        int runs = WakeUntilQuiet();
        Assert.InRange(runs, 5, 20);
        QueueContents contents = _room.Describe();
        Assert.Equal((Messages - 234, 234), ((int)contents.Ready, (int)contents.InFlight));
        _room.Pass(1000);
        Assert.Equal(Messages, _room.Describe().Ready);
        Assert.Equal(Messages, _room.Describe().Bytes / 2);
    }

    [Fact]
    public void What_is_received_and_extended_while_others_time_out_ends_in_its_time()
    {
        _room.Configure(visibility: 1000);
        List<Delivered> deliveries = Deliver();
        _room.Now += 500;
        Assert.True(_room.Extend(deliveries[^1], 700));
        _room.Now += 500;
        _room.WakeOnce();
        Delivered again = _room.Receive(session: 3, visibility: 300);
        Assert.True(_room.Extend(deliveries[^1], 400));
        WakeUntilQuiet();
        Assert.Equal(2, _room.Describe().InFlight);
        _room.Pass(300);
        Assert.False(_room.Complete(again));
        Assert.Equal(1, _room.Describe().InFlight);
        _room.Pass(100);
        Assert.Equal((0, Messages), ((int)_room.Describe().InFlight, (int)_room.Describe().Ready));
    }

    [Fact]
    public void Many_dead_letters_at_once_are_all_kept()
    {
        _room.Configure(visibility: 1000, maxFailures: 1);
        for (int i = 0; i < 80; i++)
        {
            _room.Wait(session: 5, QueueRoom.Dead);
        }

        Deliver();
        _room.Now += 1000;
        WakeUntilQuiet();
        Assert.Equal(0, _room.Describe().InFlight);
        Assert.Equal(Messages, _room.Describe().DeadLettered);
        Assert.Equal((Messages - 80, 80), (
            (int)_room.Describe(QueueRoom.Dead).Ready, (int)_room.Describe(QueueRoom.Dead).InFlight));
    }

    [Fact]
    public void Many_delayed_messages_that_come_due_at_once_go_to_those_who_wait()
    {
        for (int i = 0; i < Messages; i++)
        {
            _room.Enqueue(QueueRoom.Message("xx", delay: 1000 - (i % 7)));
        }

        for (int i = 0; i < 300; i++)
        {
            _room.Wait();
        }

        _room.Now += 1000;
        Assert.InRange(WakeUntilQuiet(), 5, 20);
        Assert.Equal((Messages - 300, 0, 300, 0), (
            (int)_room.Describe().Ready,
            (int)_room.Describe().Delayed,
            (int)_room.Describe().InFlight,
            (int)_room.Describe().Waiting));
    }

    private List<Delivered> Deliver()
    {
        var deliveries = new List<Delivered>();
        for (int i = 0; i < Messages; i++)
        {
            _room.Enqueue(QueueRoom.Message("", id: i % 10 == 0 ? $"{i}" : null));
            deliveries.Add(_room.Receive(session: (ulong)(7 + (i % 5))));
        }

        return deliveries;
    }

    private int WakeUntilQuiet()
    {
        int runs = 0;
        while (_room.Timer() <= _room.Now)
        {
            _room.WakeOnce();
            Assert.InRange(_room.Keys.SeenByLastRun, 1, 2048);
            Assert.InRange(++runs, 1, 100);
        }

        return runs;
    }
}

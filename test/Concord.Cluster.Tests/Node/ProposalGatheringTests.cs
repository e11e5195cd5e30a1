using Concord.Cluster.Node;

namespace Concord.Cluster.Tests.Node;

/// <summary>Proposals leave together when they come together, and nobody waits for those who do not come.</summary>
public sealed class ProposalGatheringTests
{
    private static readonly TimeSpan s_sync = TimeSpan.FromMilliseconds(1);

    private readonly ProposalGathering _gathering = new();
    private TimeSpan _now;

    public ProposalGatheringTests()
    {
        // It has seen how long a sync takes.
        for (int i = 0; i < 64; i++)
        {
            LeaveAndSync();
        }
    }

    [Fact]
    public void One_caller_never_waits()
    {
        for (int i = 0; i < 10; i++)
        {
            Propose(1);
            Assert.False(_gathering.Holds(_now));
            LeaveAndSync();
            Settle(1);
        }
    }

    [Fact]
    public void Two_crowds_become_one()
    {
        Propose(4);
        _gathering.Left(_now);
        Propose(4);
        Sync();

        Assert.True(_gathering.Holds(_now), "four others are under way, and come back when they are answered");
        Settle(4);
        Propose(3);
        Assert.True(_gathering.Holds(_now));
        Propose(1);
        Assert.False(_gathering.Holds(_now), "all eight are there");
        LeaveAndSync();

        Settle(8);
        Propose(7);
        Assert.True(_gathering.Holds(_now));
        Propose(1);
        Assert.False(_gathering.Holds(_now));
    }

    [Fact]
    public void It_waits_no_longer_than_a_sync_takes()
    {
        Propose(2);
        LeaveAndSync();
        Settle(2);
        Propose(1);
        Assert.True(_gathering.Holds(_now));
        Assert.InRange(_gathering.Until - _now, s_sync / 2, s_sync);

        _now = _gathering.Until;

        Assert.False(_gathering.Holds(_now));
    }

    [Fact]
    public void It_is_over_with_the_pause_though_the_clock_stands_still()
    {
        Propose(2);
        LeaveAndSync();
        Settle(2);
        Propose(1);
        Assert.True(_gathering.Holds(_now));

        _gathering.GiveUp();

        Assert.False(_gathering.Holds(_now));
        LeaveAndSync();
        Settle(1);
        Propose(1);
        Assert.False(_gathering.Holds(_now), "and it was in vain");
    }

    [Fact]
    public void Who_stays_away_is_waited_for_once()
    {
        Propose(2);
        LeaveAndSync();
        Settle(2);
        Propose(1);
        Assert.True(_gathering.Holds(_now));
        _now = _gathering.Until;
        LeaveAndSync();
        Settle(1);

        Propose(1);

        Assert.False(_gathering.Holds(_now), "one is all that there is now");
    }

    /// <summary>Who gives a lock back and who asks for it again: two each time, and a third when they have come
    /// apart.</summary>
    [Fact]
    public void Those_who_come_in_part_are_tried_again_at_once()
    {
        Propose(3);
        LeaveAndSync();
        Settle(3);
        Propose(1);
        Assert.True(_gathering.Holds(_now));
        Propose(1);
        _now = _gathering.Until;
        LeaveAndSync();
        Settle(2);

        Propose(1);

        Assert.True(_gathering.Holds(_now), "two came of three");
        Propose(1);
        Assert.False(_gathering.Holds(_now), "and are whole");
    }

    [Fact]
    public void Where_some_come_and_never_all_it_is_tried_more_and_more_rarely()
    {
        int held = 0;
        const int batches = 2000;
        for (int i = 0; i < batches; i++)
        {
            Propose(4);
            LeaveAndSync();
            Settle(4);
            Propose(1);
            if (_gathering.Holds(_now))
            {
                held++;
                Propose(1);
                Settle(1);
                _now = _gathering.Until;
            }

            LeaveAndSync();
            Settle(1);
        }

        Assert.InRange(held, 1, batches / 25);
    }

    [Fact]
    public void Where_waiting_is_in_vain_it_is_tried_more_and_more_rarely()
    {
        int held = 0;
        const int batches = 2000;
        for (int i = 0; i < batches; i++)
        {
            // Two meet now and then, and never come together again.
            Propose(2);
            LeaveAndSync();
            Settle(2);
            Propose(1);
            if (_gathering.Holds(_now))
            {
                held++;
                _now = _gathering.Until;
            }

            LeaveAndSync();
            Settle(1);
        }

        Assert.InRange(held, 1, batches / 50);
    }

    [Fact]
    public void A_slow_disk_makes_nobody_wait_for_long()
    {
        for (int i = 0; i < 64; i++)
        {
            _gathering.Left(_now);
            _now += TimeSpan.FromSeconds(1);
            _gathering.Synced(_now);
        }

        Propose(2);
        LeaveAndSync();
        Settle(2);
        Propose(1);

        Assert.True(_gathering.Holds(_now));
        Assert.InRange(_gathering.Until - _now, TimeSpan.Zero, TimeSpan.FromMilliseconds(2));
    }

    private void Propose(int count)
    {
        for (; count > 0; count--)
        {
            _gathering.Proposed();
        }
    }

    private void Settle(int count)
    {
        for (; count > 0; count--)
        {
            _gathering.Settled();
        }
    }

    private void LeaveAndSync()
    {
        _gathering.Left(_now);
        Sync();
    }

    private void Sync()
    {
        _now += s_sync;
        _gathering.Synced(_now);
    }
}

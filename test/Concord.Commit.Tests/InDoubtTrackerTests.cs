namespace Concord.Commit.Tests;

public sealed class InDoubtTrackerTests
{
    private readonly InDoubtTracker<string> _tracker = new(new InDoubtOptions());

    private static TimeSpan Ms(int milliseconds) => TimeSpan.FromMilliseconds(milliseconds);

    private string Asks(int atMilliseconds)
    {
        List<string> asks = [];
        _tracker.Tick(Ms(atMilliseconds), asks);
        return string.Join(' ', asks);
    }

    [Fact]
    public void What_is_prepared_is_asked_about_after_the_recovery_delay()
    {
        _tracker.Prepared("a", Ms(0));
        _tracker.Prepared("a", Ms(500));
        Assert.Equal("", Asks(999));
        Assert.Equal("a", Asks(1_000));
        Assert.Equal("", Asks(1_000));
    }

    [Fact]
    public void Questions_are_repeated_ever_more_slowly_up_to_a_cap_and_never_stop()
    {
        _tracker.Prepared("a", Ms(0));
        List<int> askedAt = [];
        for (int now = 0; now <= 40_000; now += 100)
        {
            if (Asks(now) == "a")
            {
                askedAt.Add(now);
            }
        }

        Assert.Equal([1_000, 3_000, 7_000, 15_000, 23_000, 31_000, 39_000], askedAt);
        Assert.Equal(1, _tracker.Count);
    }

    [Fact]
    public void What_is_resolved_is_not_asked_about_and_may_be_prepared_anew()
    {
        _tracker.Prepared("a", Ms(0));
        _tracker.Resolved("a");
        _tracker.Resolved("a");
        _tracker.Prepared("a", Ms(600));
        Assert.Equal("", Asks(1_500));
        Assert.Equal("a", Asks(1_600));
    }

    [Fact]
    public void What_blocks_somebody_is_asked_about_sooner()
    {
        _tracker.Prepared("a", Ms(0));
        _tracker.Prepared("b", Ms(0));
        _tracker.Blocking("b");
        _tracker.Blocking("unknown");
        Assert.Equal("", Asks(199));
        Assert.Equal("b", Asks(200));
        _tracker.Blocking("b");
        Assert.Equal("", Asks(599));
        Assert.Equal("b", Asks(600));
        Assert.Equal("a", Asks(1_000));
    }

    [Fact]
    public void Blocking_late_asks_at_once_and_starts_the_backoff_anew()
    {
        _tracker.Prepared("a", Ms(0));
        Assert.Equal("a", Asks(1_000));
        _tracker.Blocking("a");
        Assert.Equal("a", Asks(1_900));
        Assert.Equal("", Asks(2_299));
        Assert.Equal("a", Asks(2_300));
    }

    [Fact]
    public void Questions_come_in_the_order_of_their_times_and_then_of_the_calls()
    {
        _tracker.Prepared("c", Ms(10));
        _tracker.Prepared("a", Ms(0));
        _tracker.Prepared("d", Ms(10));
        _tracker.Prepared("b", Ms(10));
        Assert.Equal("a c d b", Asks(2_000));
    }

    [Fact]
    public void A_new_leader_takes_over_everything_that_is_prepared_and_nothing_else()
    {
        _tracker.Prepared("old", Ms(0));
        _tracker.BecomeLeader(["x", "y"], Ms(500));
        Assert.Equal("", Asks(1_499));
        Assert.Equal("x y", Asks(1_500));
        _tracker.Clear();
        Assert.Equal(0, _tracker.Count);
        Assert.Equal("", Asks(100_000));
    }

    [Fact]
    public void One_tick_asks_no_more_than_its_bound_and_the_rest_comes_next()
    {
        InDoubtTracker<int> tracker = new(new InDoubtOptions { AsksPerTickMax = 2 });
        tracker.BecomeLeader([1, 2, 3], Ms(0));
        List<int> asks = [];
        tracker.Tick(Ms(1_000), asks);
        Assert.Equal([1, 2], asks);
        tracker.Tick(Ms(1_000), asks);
        Assert.Equal([1, 2, 3], asks);
    }

    [Fact]
    public void Delays_that_contradict_each_other_are_refused()
    {
        Assert.Throws<ArgumentOutOfRangeException>(() =>
            new InDoubtTracker<int>(new InDoubtOptions { BlockingDelay = TimeSpan.Zero }));
        Assert.Throws<ArgumentOutOfRangeException>(() =>
            new InDoubtTracker<int>(new InDoubtOptions { RecoveryDelay = Ms(100) }));
        Assert.Throws<ArgumentOutOfRangeException>(() =>
            new InDoubtTracker<int>(new InDoubtOptions { DelayMax = Ms(999) }));
        Assert.Throws<ArgumentOutOfRangeException>(() =>
            new InDoubtTracker<int>(new InDoubtOptions { AsksPerTickMax = 0 }));
    }
}

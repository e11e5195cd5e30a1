using Concord.Cli.Recording;
using Concord.Simulation.Checking;

namespace Concord.Cli.Tests.Recording;

/// <summary>Each promise of locks, broken by hand; and histories beside them that are right.</summary>
public sealed class LockHistoryTests
{
    private readonly List<HistoryEntry> _history = [];

    [Fact]
    public void One_after_the_other_is_right_and_a_late_write_is_refused()
    {
        Acquire(5, 0, 10);
        Write(5, 100, 11, 12);
        Release(5, 13, 14);
        Acquire(8, 1, 20);
        Write(5, 101, 21, 22, taken: 0);
        Read(100, 23, 24);
        Write(8, 102, 25, 26);
        Read(102, 27, 28);
        Release(8, 30, 31);

        AssertRight();
    }

    [Fact]
    public void Who_is_not_known_to_have_held_to_the_end_overlaps_nobody()
    {
        Acquire(5, 0, 10);
        Add(new(HistoryVerb.Release, Token: 5), 90, 91, EntryOutcome.Fail);
        Acquire(8, 1, 20);
        Release(8, 30, 31);

        AssertRight();
    }

    [Fact]
    public void Two_cannot_hold_it_at_once()
    {
        Acquire(5, 0, 10);
        Acquire(8, 1, 20);
        Release(5, 30, 31);
        Release(8, 40, 41);

        AssertWrong("tokens 5 and 8 were held at the same time");
    }

    [Fact]
    public void A_later_grant_has_a_greater_token()
    {
        Acquire(8, 0, 10);
        Release(8, 11, 12);
        Acquire(5, 20, 30);

        AssertWrong("token 5 was granted after a greater one");
    }

    [Fact]
    public void A_token_is_granted_once()
    {
        Acquire(5, 0, 10);
        Release(5, 11, 12);
        Acquire(5, 1, 30);

        AssertWrong("token 5 was granted twice");
    }

    [Fact]
    public void What_was_never_granted_cannot_be_given_back()
    {
        Release(5, 0, 1);

        AssertWrong("token 5 was given back without being held");
    }

    [Fact]
    public void A_write_after_the_release_must_be_refused()
    {
        Acquire(5, 0, 10);
        Release(5, 11, 12);
        Write(5, 100, 20, 21);

        AssertWrong("a write with token 5 was taken after that was given back");
    }

    [Fact]
    public void A_write_after_the_next_grant_must_be_refused()
    {
        // The first holder was paused, and has never given back.
        Acquire(5, 0, 10);
        Acquire(8, 11, 20);
        Write(5, 100, 21, 22);

        AssertWrong("a write with token 5 was taken after a greater one had been granted");
    }

    [Fact]
    public void A_write_of_the_holder_must_not_be_refused()
    {
        Acquire(5, 0, 10);
        Write(5, 100, 11, 12, taken: 0);
        Release(5, 13, 14);

        AssertWrong("a write with token 5 was refused while that was held");
    }

    [Fact]
    public void A_refused_write_must_not_be_seen()
    {
        Acquire(5, 0, 10);
        Release(5, 11, 12);
        Write(5, 100, 20, 21, taken: 0);
        Read(100, 30, 31);

        Assert.Equal(CheckVerdict.Illegal, HistoryCheck.Check(_history).Verdict);
    }

    [Fact]
    public void A_taken_write_must_not_be_lost()
    {
        Acquire(5, 0, 10);
        Write(5, 100, 11, 12);
        Write(5, 101, 13, 14);
        Read(100, 30, 31);

        Assert.Equal(CheckVerdict.Illegal, HistoryCheck.Check(_history).Verdict);
    }

    [Fact]
    public void It_reads_what_it_has_written()
    {
        Acquire(5, 0, 10);
        Write(5, 100, 11, 12);
        Write(5, 101, 13, 14, taken: 0);
        Add(new(HistoryVerb.FencedWrite, 102, Token: 5), 15, null, EntryOutcome.Unknown);
        Release(5, 20, 21);
        Add(new(HistoryVerb.Enqueue, 7, Second: 2, Result: 1), 30, 31);
        Add(new(HistoryVerb.Enqueue, 8, Second: null, Result: 0), 32, 33);
        Add(new(HistoryVerb.Receive, Result: 7, Token: 9), 34, 35);
        Add(new(HistoryVerb.Receive), 36, 37);
        Add(new(HistoryVerb.Complete, 7, Token: 9), 38, 39);
        Add(new(HistoryVerb.Return, 7, Token: 9), 40, 41);
        Add(new(HistoryVerb.Count, Result: 0), 42, 43);
        Add(new(HistoryVerb.CompareAndSet, 5, Second: null, Result: 0), 44, 45);
        string path = Path.GetTempFileName();
        try
        {
            using (FileStream file = File.Create(path))
            {
                HistoryLines.Write(file, _history);
            }

            Assert.Equal(_history, HistoryLines.Read(path));
        }
        finally
        {
            File.Delete(path);
        }
    }

    private void Acquire(long token, long from, long to) => Add(new(HistoryVerb.Acquire, Result: token), from, to);

    private void Release(long token, long from, long to) => Add(new(HistoryVerb.Release, Token: token), from, to);

    private void Read(long? value, long from, long to) => Add(new(HistoryVerb.Read, Result: value), from, to);

    private void Write(long token, long value, long from, long to, long taken = 1) =>
        Add(new(HistoryVerb.FencedWrite, value, Token: token, Result: taken), from, to);

    private void Add(HistoryCall call, long from, long? to, EntryOutcome outcome = EntryOutcome.Ok) =>
        _history.Add(new(0, "k", call, outcome, from, to));

    private void AssertRight()
    {
        CheckOutcome outcome = HistoryCheck.Check(_history);
        Assert.True(outcome.Verdict == CheckVerdict.Legal, outcome.Reason);
    }

    private void AssertWrong(string why)
    {
        CheckOutcome outcome = HistoryCheck.Check(_history);
        Assert.Equal((CheckVerdict.Illegal, $"k: {why}"), (outcome.Verdict, outcome.Reason));
    }
}

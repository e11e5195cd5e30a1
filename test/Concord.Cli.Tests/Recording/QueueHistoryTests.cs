using Concord.Cli.Recording;
using Concord.Simulation.Checking;

namespace Concord.Cli.Tests.Recording;

/// <summary>Each promise of queues, broken by hand; and histories beside them that are right.</summary>
public sealed class QueueHistoryTests
{
    private readonly List<HistoryEntry> _history = [];

    [Fact]
    public void In_and_out_and_back_and_out_again_is_right()
    {
        Enqueue(1, 0, 1);
        Enqueue(2, 2, 3);
        Receive(1, 10, 4, 5);
        Settle(HistoryVerb.Return, 1, 10, 6, 7);
        Receive(1, 12, 8, 9);
        Settle(HistoryVerb.Complete, 1, 12, 10, 11);
        Receive(2, 14, 6, 20);
        Settle(HistoryVerb.Complete, 2, 14, 21, 22);
        Count(0, 30, 31);

        AssertRight();
    }

    [Fact]
    public void What_nobody_knows_may_be_either()
    {
        Add(new(HistoryVerb.Enqueue, 1, Second: 0), 0, null, EntryOutcome.Unknown);
        Enqueue(2, 2, 3);
        Receive(2, 10, 4, 5);
        Add(new(HistoryVerb.Complete, 2, Token: 10), 6, null, EntryOutcome.Unknown);
        Count(0, 10, 11);
        Count(2, 12, 13);
        Receive(2, 12, 14, 15);

        AssertRight();
    }

    [Fact]
    public void A_message_that_nobody_enqueued_is_not_delivered()
    {
        Add(new(HistoryVerb.Enqueue, 1, Second: 0), 0, 1, EntryOutcome.Fail);
        Receive(1, 10, 4, 5);

        AssertWrong("message 1 was delivered and never enqueued");
    }

    [Fact]
    public void An_acknowledged_message_is_not_lost()
    {
        Enqueue(1, 0, 1);
        Receive(1, 10, 2, 3);
        Settle(HistoryVerb.Return, 1, 10, 4, 5);
        Count(0, 10, 11);

        AssertWrong("0 messages were counted where there were 1 to 1");
    }

    [Fact]
    public void A_completed_message_is_not_counted()
    {
        Enqueue(1, 0, 1);
        Receive(1, 10, 2, 3);
        Settle(HistoryVerb.Complete, 1, 10, 4, 5);
        Count(1, 10, 11);

        AssertWrong("1 messages were counted where there were 0 to 0");
    }

    [Fact]
    public void A_message_is_completed_once()
    {
        Enqueue(1, 0, 1);
        Receive(1, 10, 2, 3);
        Receive(1, 12, 4, 5);
        Settle(HistoryVerb.Complete, 1, 10, 4, 8);
        Settle(HistoryVerb.Complete, 1, 12, 6, 9);

        AssertWrong("message 1 was completed twice");
    }

    [Fact]
    public void A_completed_message_does_not_come_back()
    {
        Enqueue(1, 0, 1);
        Receive(1, 10, 2, 3);
        Settle(HistoryVerb.Complete, 1, 10, 4, 5);
        Receive(1, 12, 6, 7);

        AssertWrong("message 1 was delivered after it had been completed");
    }

    [Fact]
    public void A_later_delivery_makes_an_earlier_one_void()
    {
        Enqueue(1, 0, 1);
        Receive(1, 10, 2, 3);
        Receive(1, 12, 4, 5);
        Settle(HistoryVerb.Complete, 1, 10, 6, 7);

        AssertWrong("message 1 was completed by a delivery that a later one had made void");
    }

    [Fact]
    public void A_later_delivery_has_a_greater_token()
    {
        Enqueue(1, 0, 1);
        Enqueue(2, 0, 1, group: 1);
        Receive(1, 12, 2, 3);
        Receive(2, 10, 4, 5);

        AssertWrong("token 10 was granted after a greater one");
    }

    [Fact]
    public void In_a_group_nothing_passes()
    {
        Enqueue(1, 0, 1);
        Enqueue(2, 2, 3);
        Receive(2, 10, 4, 5);
        Settle(HistoryVerb.Complete, 2, 10, 6, 7);

        AssertWrong("message 2 passed message 1 of group 0");
    }

    [Fact]
    public void In_different_groups_or_in_none_anything_passes()
    {
        Enqueue(1, 0, 1);
        Enqueue(2, 2, 3, group: 1);
        Enqueue(3, 4, 5, group: null);
        Receive(3, 10, 6, 7);
        Receive(2, 11, 8, 9);

        AssertRight();
    }

    [Fact]
    public void Of_a_group_one_is_held_at_a_time()
    {
        // Enqueued together, so that either may be the first.
        Enqueue(1, 0, 3);
        Enqueue(2, 1, 4);
        Receive(1, 10, 5, 6);
        Receive(2, 12, 7, 8);
        Settle(HistoryVerb.Complete, 1, 10, 9, 10);
        Settle(HistoryVerb.Complete, 2, 12, 9, 10);

        AssertWrong("message 2 was delivered while message 1 of its group was held");
    }

    [Fact]
    public void What_was_not_delivered_cannot_be_settled()
    {
        Enqueue(1, 0, 1);
        Settle(HistoryVerb.Complete, 1, 10, 2, 3);

        AssertWrong("message 1 was settled without being delivered");
    }

    private void Enqueue(long id, long from, long to, long? group = 0) =>
        Add(new(HistoryVerb.Enqueue, id, Second: group, Result: 1), from, to);

    private void Receive(long id, long token, long from, long to) =>
        Add(new(HistoryVerb.Receive, Result: id, Token: token), from, to);

    private void Settle(HistoryVerb verb, long id, long token, long from, long to) =>
        Add(new(verb, id, Token: token), from, to);

    private void Count(long number, long from, long to) => Add(new(HistoryVerb.Count, Result: number), from, to);

    private void Add(HistoryCall call, long from, long? to, EntryOutcome outcome = EntryOutcome.Ok) =>
        _history.Add(new(0, "q", call, outcome, from, to));

    private void AssertRight()
    {
        CheckOutcome outcome = HistoryCheck.Check(_history);
        Assert.True(outcome.Verdict == CheckVerdict.Legal, outcome.Reason);
    }

    private void AssertWrong(string why)
    {
        CheckOutcome outcome = HistoryCheck.Check(_history);
        Assert.Equal((CheckVerdict.Illegal, $"q: {why}"), (outcome.Verdict, outcome.Reason));
    }
}

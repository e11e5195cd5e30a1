using Concord.Client.Routing;
using Concord.Client.Wire;
using Concord.Encoding;
using Concord.Engines;
using Concord.Operations;

namespace Concord.Client.Tests.Routing;

public sealed class ClientSessionTests
{
    [Fact]
    public void A_session_is_registered_once_before_its_first_call_in_a_shard()
    {
        ClientHarness client = ClientHarness.Ready(leader: 1);
        client.Begin(slot: 0);
        client.Begin(slot: 1);

        Sent open = Assert.Single(client.TakeSent());
        Assert.Equal(OperationCode.OpenSession, open.Code);
        client.AnswerOpened(open, token: 4);

        Assert.Equal([1UL, 2UL], client.TakeSent().Select(sent => sent.Sequence));
    }

    [Fact]
    public void A_token_that_is_too_old_is_replaced_by_the_one_that_was_told()
    {
        ClientHarness client = ClientHarness.Ready(leader: 1);
        client.Begin(slot: 0);
        Sent first = Assert.Single(client.TakeSent());

        client.RefuseToOpen(first, RefusalCode.SessionTokenTooOld, token: 77);

        Sent second = Assert.Single(client.TakeSent());
        Assert.Equal(OperationCode.OpenSession, second.Code);
        Assert.Equal((SessionIn(first), 0L), (SessionIn(second), TokenIn(first)));
        Assert.Equal(77L, TokenIn(second));
    }

    [Fact]
    public void A_late_answer_to_an_older_registration_does_not_count()
    {
        ClientHarness client = ClientHarness.Ready(leader: 1);
        client.Begin(slot: 0);
        Sent first = Assert.Single(client.TakeSent());
        client.RefuseToOpen(first, RefusalCode.SessionTokenTooOld, token: 77);
        client.TakeSent();

        client.AnswerOpened(first, token: 0);

        Assert.Empty(client.TakeSent());
    }

    [Fact]
    public void A_registration_that_was_refused_for_now_is_asked_again()
    {
        ClientHarness client = ClientHarness.Ready(leader: 1);
        ClientCall call = client.Begin(slot: 0);
        client.Refuse(Assert.Single(client.TakeSent()), ReplyStatus.Overloaded);

        client.Tick(TimeSpan.FromMilliseconds(100));

        Sent again = Assert.Single(client.TakeSent());
        Assert.Equal(OperationCode.OpenSession, again.Code);
        client.AnswerOpened(again, token: 0);
        client.Answer(Assert.Single(client.TakeSent()));
        Assert.Equal(CallOutcome.Answered, call.Outcome);
    }

    [Fact]
    public void A_call_that_surely_did_not_run_gets_another_session_and_number()
    {
        ClientHarness client = ClientHarness.Opened();
        ClientCall call = client.Begin(slot: 0);
        Sent first = Assert.Single(client.TakeSent());

        client.Refuse(first, ReplyStatus.SessionUnknown);

        client.OpenSessions();
        Sent second = Assert.Single(client.TakeSent());
        Assert.NotEqual(first.Session, second.Session);
        Assert.Equal(call.Session!.Id.Value, second.Session);
        client.Answer(second);
        Assert.Equal(CallOutcome.Answered, call.Outcome);
    }

    [Fact]
    public void A_call_that_may_have_run_never_runs_under_another_number()
    {
        ClientHarness client = ClientHarness.Opened();
        ClientCall call = client.Begin(slot: 0);
        client.TakeSent();
        client.Disconnect(1);

        client.Refuse(Assert.Single(client.TakeSent()), ReplyStatus.SessionUnknown);

        Assert.Equal(CallOutcome.Unknown, call.Outcome);
        Assert.DoesNotContain(client.TakeSent(), sent => sent.Code == OperationCode.AddCounter);
    }

    [Fact]
    public void Answers_are_acknowledged_up_to_the_oldest_open_call_of_the_slot()
    {
        ClientHarness client = ClientHarness.Opened();
        client.Begin(slot: 0);
        Sent slow = Assert.Single(client.TakeSent());
        client.Begin(slot: 0);
        Sent quick = Assert.Single(client.TakeSent());
        client.Answer(quick);

        client.Begin(slot: 0);
        client.Begin(slot: 1);
        List<Sent> held = client.TakeSent();
        Assert.Equal(slow.Sequence - 1, held[0].AcknowledgedThrough);
        Assert.Equal(held[1].Sequence - 1, held[1].AcknowledgedThrough);

        client.Answer(slow);
        client.Answer(held[0]);
        client.Begin(slot: 0);
        Sent last = Assert.Single(client.TakeSent());
        Assert.Equal(last.Sequence - 1, last.AcknowledgedThrough);
    }

    [Fact]
    public void Random_calls_never_acknowledge_an_open_one_nor_a_begun_transaction()
    {
        var random = new Random(5);
        var session = new ClientSession(new(1));
        var open = new List<SlotTicket>();
        var begun = new List<ulong>();
        for (int i = 0; i < 20_000; i++)
        {
            var slot = new Slot((ushort)random.Next(3));
            switch (random.Next(5))
            {
                case 0 or 1 when open.Count < 40:
                    open.Add(session.Open(slot, session.NextSequence()));
                    break;
                case 2 when begun.Count < 10:
                    begun.Add(session.Begin());
                    break;
                case 3 when begun.Count > 0:
                    ulong sequence = begun[random.Next(begun.Count)];
                    begun.Remove(sequence);
                    open.Add(session.Open(slot, sequence));
                    session.GiveUp(sequence);
                    break;
                case 4 when open.Count > 0:
                    SlotTicket closed = open[random.Next(open.Count)];
                    open.Remove(closed);
                    closed.Close();
                    closed.Close();
                    break;
            }

            ulong oldest = open.Where(ticket => ticket.Slot == slot).Select(ticket => ticket.Sequence).Concat(begun)
                .DefaultIfEmpty(ulong.MaxValue).Min();
            if (oldest != ulong.MaxValue)
            {
                Assert.True(session.AcknowledgedThrough(slot) < oldest, $"Step {i}: {oldest} is open.");
            }
        }
    }

    [Fact]
    public void Only_so_many_unknown_answers_are_held_back()
    {
        ClientHarness client = ClientHarness.Opened();
        var unknown = new List<ulong>();
        for (int i = 0; i < 65; i++)
        {
            ClientCall call = client.Begin(slot: 0);
            unknown.Add(call.Sequence);
            client.TakeSent();
            client.Core.Abandon(call);
            Assert.Equal(CallOutcome.Unknown, call.Outcome);

            client.Begin(slot: 0);
            Sent next = Assert.Single(client.TakeSent());
            client.Answer(next);
            Assert.Equal(unknown[i < 64 ? 0 : 1] - 1, next.AcknowledgedThrough);
        }
    }

    private static ulong SessionIn(Sent open) => new ByteReader(open.Arguments).ReadUInt64();

    private static long TokenIn(Sent open)
    {
        var reader = new ByteReader(open.Arguments);
        reader.ReadUInt64();
        return reader.ReadInt64();
    }
}

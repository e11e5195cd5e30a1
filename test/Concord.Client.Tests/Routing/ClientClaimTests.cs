using Concord.Client.Routing;
using Concord.Client.Wire;
using Concord.Encoding;
using Concord.Engines;
using Concord.Operations;

namespace Concord.Client.Tests.Routing;

/// <summary>Holds as the client sees them: no lost grant, no ghost in the line, and lost in time.</summary>
public sealed class ClientClaimTests
{
    private static readonly TimeSpan s_timeToLive = TimeSpan.FromSeconds(30);

    [Fact]
    public void An_answer_that_grants_is_a_hold()
    {
        ClientHarness harness = ClientHarness.Opened();
        ClientClaim claim = harness.Claim(slot: 0);
        (Sent asked, _) = Asked(harness);

        harness.AnswerClaim(asked, token: 7);

        Assert.Equal((ClaimState.Held, 7), (claim.State, claim.Token));
        Assert.Equal("held"u8.ToArray(), claim.Value.ToArray());
        Assert.Equal([claim], harness.Core.Changed);
    }

    [Fact]
    public void Who_stands_in_line_is_granted_by_the_inbox()
    {
        (ClientHarness harness, ClientClaim claim, Sent inbox) = InLine();

        harness.TellInbox(inbox, InboxEventKind.Put, claim, revision: 9);

        Assert.Equal((ClaimState.Held, 9), (claim.State, claim.Token));
        Assert.Equal("told"u8.ToArray(), claim.Value.ToArray());
    }

    [Fact]
    public void Who_waits_when_the_client_ends_is_told()
    {
        (ClientHarness harness, ClientClaim inLine, _) = InLine();
        ClientClaim asking = harness.Claim(slot: 0);

        harness.Core.StopClaims();

        Assert.Equal((ClaimState.Stopped, ClaimState.Stopped), (inLine.State, asking.State));
        Assert.Equal([inLine, asking], harness.Core.Changed);
    }

    [Fact]
    public void A_grant_that_is_told_before_the_place_in_line_counts()
    {
        ClientHarness harness = ClientHarness.Opened();
        ClientClaim claim = harness.Claim(slot: 0);
        (Sent asked, Sent inbox) = Asked(harness);
        harness.TellInbox(inbox, InboxEventKind.Put, claim, revision: 9);
        Assert.Equal(ClaimState.Asking, claim.State);

        harness.AnswerClaim(asked, token: null);

        Assert.Equal((ClaimState.Held, 9), (claim.State, claim.Token));
    }

    [Fact]
    public void What_was_never_asked_is_given_up_without_a_word()
    {
        ClientHarness harness = ClientHarness.Ready();
        ClientClaim claim = harness.Claim(slot: 0);

        harness.Core.GiveUp(claim, harness.Now);

        Assert.Equal(ClaimState.GivenUp, claim.State);
        Assert.DoesNotContain(harness.TakeSent(), static sent =>
            sent.Kind == WireKind.Execute && sent.Code == OperationCode.Release);
    }

    [Fact]
    public void A_question_that_is_under_way_is_settled_when_it_is_given_up()
    {
        ClientHarness harness = ClientHarness.Opened();
        ClientClaim claim = harness.Claim(slot: 0);
        (Sent asked, Sent inbox) = Asked(harness);

        harness.Core.GiveUp(claim, harness.Now);

        AssertReleases(harness, claim);
        harness.AnswerClaim(asked, token: 7);
        harness.TellInbox(inbox, InboxEventKind.Put, claim, revision: 7);
        Assert.Equal(ClaimState.GivenUp, claim.State);
    }

    [Fact]
    public void A_grant_that_crosses_the_cancellation_is_given_back()
    {
        (ClientHarness harness, ClientClaim claim, Sent inbox) = InLine();
        harness.TellInbox(inbox, InboxEventKind.Put, claim, revision: 9);

        harness.Core.GiveUp(claim, harness.Now);

        AssertReleases(harness, claim);
    }

    [Fact]
    public void A_place_in_line_is_given_up_when_its_time_is_over_and_not_before()
    {
        ClientHarness harness = ClientHarness.Opened();
        ClientClaim claim = harness.Claim(slot: 0, TimeSpan.FromSeconds(2));
        harness.AnswerClaim(Asked(harness).Question, token: null);

        harness.Tick(TimeSpan.FromMilliseconds(1999));
        Assert.Equal(ClaimState.InLine, claim.State);
        harness.Tick(TimeSpan.FromMilliseconds(1));

        Assert.Equal(ClaimState.TimedOut, claim.State);
        AssertReleases(harness, claim);
    }

    /// <summary>That nobody answered is not to be taken for "busy", or for "empty".</summary>
    [Theory]
    [InlineData(1499, ClaimState.TimedOut)]
    [InlineData(1500, ClaimState.Failed)]
    internal void A_claim_that_nobody_answered_for_long_was_not_refused(int timeout, ClaimState state)
    {
        ClientHarness harness = ClientHarness.Opened();
        ClientClaim claim = harness.Claim(slot: 0, TimeSpan.FromMilliseconds(timeout));
        harness.TakeSent();

        harness.Tick(TimeSpan.FromMilliseconds(timeout));

        Assert.Equal((state, CallOutcome.Unknown), (claim.State, claim.Call!.Outcome));
        AssertReleases(harness, claim);
    }

    [Fact]
    public void A_claim_for_which_nobody_could_be_asked_was_not_refused()
    {
        ClientHarness harness = ClientHarness.Opened();
        harness.Disconnect(1);
        harness.Disconnect(2);
        harness.Disconnect(3);
        ClientClaim claim = harness.Claim(slot: 0, TimeSpan.FromMilliseconds(100));

        harness.Tick(TimeSpan.FromMilliseconds(100));

        Assert.Equal((ClaimState.Failed, CallOutcome.NotSent), (claim.State, claim.Call!.Outcome));
    }

    [Fact]
    public void Giving_back_goes_on_with_the_same_number_until_it_is_answered()
    {
        (ClientHarness harness, ClientClaim claim, _) = InLine();
        harness.Core.GiveUp(claim, harness.Now);
        Sent first = AssertReleases(harness, claim);

        harness.Disconnect(1);
        harness.Connect(1);
        harness.GiveTopology(1, leader: 1);
        Keep(harness, TimeSpan.FromSeconds(20));

        Sent again = AssertReleases(harness, claim);
        Assert.Equal(first.Sequence, again.Sequence);
    }

    [Theory]
    [InlineData("Overloaded")]
    [InlineData("DiskFull")]
    [InlineData("Conflict")]
    public void Giving_back_goes_on_when_a_leader_cannot_do_it_for_the_moment(string status)
    {
        (ClientHarness harness, ClientClaim claim, _) = InLine();
        harness.Core.GiveUp(claim, harness.Now);
        Sent first = AssertReleases(harness, claim);

        harness.Refuse(first, Enum.Parse<ReplyStatus>(status));
        harness.Tick(TimeSpan.FromMilliseconds(100));

        Sent again = AssertReleases(harness, claim);
        Assert.Equal(first.Sequence, again.Sequence);
        harness.Answer(again);
        harness.Tick(TimeSpan.FromMilliseconds(100));
        Assert.DoesNotContain(harness.TakeSent(), static sent => sent.Kind == WireKind.Execute);
    }

    [Fact]
    public void What_is_gone_from_the_inbox_is_lost()
    {
        (ClientHarness harness, ClientClaim claim, Sent inbox) = InLine();
        harness.TellInbox(inbox, InboxEventKind.Put, claim, revision: 9);

        harness.TellInbox(inbox, InboxEventKind.Gone, claim);

        Assert.Equal(ClaimState.Lost, claim.State);
    }

    [Theory]
    [InlineData(null)]
    [InlineData(9L)]
    public void What_is_gone_before_the_answer_of_before_comes_is_asked_for_anew(long? token)
    {
        ClientHarness harness = ClientHarness.Opened();
        ClientClaim claim = harness.Claim(slot: 0);
        (Sent asked, Sent inbox) = Asked(harness);
        harness.TellInbox(inbox, InboxEventKind.Gone, claim);

        harness.AnswerClaim(asked, token);

        Sent again = Assert.Single(harness.TakeSent(), static sent => sent.Kind == WireKind.Execute);
        Assert.True(again.Sequence > asked.Sequence);
        harness.AnswerClaim(again, token: 12);
        Assert.Equal((ClaimState.Held, 12), (claim.State, claim.Token));
    }

    [Fact]
    public void What_another_leader_does_not_tell_is_lost_unless_it_was_granted_since()
    {
        (ClientHarness harness, ClientClaim old, Sent inbox) = InLine();
        harness.TellInbox(inbox, InboxEventKind.Put, old, revision: 9);
        ClientClaim kept = harness.Claim(slot: 1);
        harness.AnswerClaim(harness.TakeSent().Single(), token: 10);
        ClientClaim recent = harness.Claim(slot: 2);
        harness.AnswerClaim(harness.TakeSent().Single(), token: 12);

        harness.TellInbox(inbox, InboxEventKind.Begin);
        harness.TellInbox(inbox, InboxEventKind.Put, kept, revision: 10);
        harness.TellInbox(inbox, InboxEventKind.End, revision: 11);

        Assert.Equal(
            [ClaimState.Lost, ClaimState.Held, ClaimState.Held],
            new[] { old.State, kept.State, recent.State });
    }

    [Fact]
    public void Who_stands_in_line_stays_there_when_another_leader_says_so()
    {
        (ClientHarness harness, ClientClaim claim, Sent inbox) = InLine();

        harness.TellInbox(inbox, InboxEventKind.Begin);
        harness.TellInbox(inbox, InboxEventKind.InLine, claim);
        harness.TellInbox(inbox, InboxEventKind.End, revision: 11);

        Assert.Equal(ClaimState.InLine, claim.State);
        Assert.DoesNotContain(harness.TakeSent(), static sent => sent.Kind == WireKind.Execute);
    }

    [Fact]
    public void Whose_turn_came_and_went_while_nobody_told_of_it_asks_anew()
    {
        (ClientHarness harness, ClientClaim claim, Sent inbox) = InLine();
        ulong before = claim.Sequence;

        harness.TellInbox(inbox, InboxEventKind.Begin);
        harness.TellInbox(inbox, InboxEventKind.End, revision: 11);

        Sent again = Assert.Single(harness.TakeSent(), static sent => sent.Kind == WireKind.Execute);
        Assert.Equal((ClaimState.Asking, claim.Sequence), (claim.State, again.Sequence));
        Assert.True(again.Sequence > before);
        harness.AnswerClaim(again, token: 12);
        Assert.Equal((ClaimState.Held, 12), (claim.State, claim.Token));
    }

    [Fact]
    public void A_place_in_line_that_is_newer_than_what_is_told_is_kept()
    {
        (ClientHarness harness, ClientClaim claim, Sent inbox) = InLine();

        harness.TellInbox(inbox, InboxEventKind.Begin);
        harness.TellInbox(inbox, InboxEventKind.End, revision: 0);

        Assert.Equal(ClaimState.InLine, claim.State);
    }

    [Fact]
    public void An_answer_that_is_older_than_what_the_inbox_told_has_it_tell_all_again()
    {
        ClientHarness harness = ClientHarness.Opened();
        ClientClaim claim = harness.Claim(slot: 0);
        (Sent asked, Sent inbox) = Asked(harness);
        harness.TellInbox(inbox, InboxEventKind.Begin);
        harness.TellInbox(inbox, InboxEventKind.End, revision: 11);

        harness.AnswerClaim(asked, token: null);

        Sent again = Assert.Single(harness.TakeSent());
        Assert.Equal((WireKind.Subscribe, inbox.Id), (again.Kind, again.Id));
        harness.TellInbox(again, InboxEventKind.Begin);
        harness.TellInbox(again, InboxEventKind.Put, claim, revision: 9);
        harness.TellInbox(again, InboxEventKind.End, revision: 11);
        Assert.Equal((ClaimState.Held, 9), (claim.State, claim.Token));
    }

    [Fact]
    public void News_do_not_stand_for_the_whole_that_was_not_told()
    {
        (ClientHarness harness, ClientClaim claim, Sent inbox) = InLine();
        harness.TellInbox(inbox, InboxEventKind.Put, claim, revision: 9);

        harness.Tick(TimeSpan.FromSeconds(2));

        Assert.Single(harness.TakeSent(), sent => sent.Kind == WireKind.Subscribe && sent.Id == inbox.Id);
        harness.TellInbox(inbox, InboxEventKind.Begin);
        harness.TellInbox(inbox, InboxEventKind.Put, claim, revision: 9);
        harness.TellInbox(inbox, InboxEventKind.End, revision: 11);
        harness.Tick(TimeSpan.FromSeconds(2));
        Assert.DoesNotContain(harness.TakeSent(), static sent => sent.Kind == WireKind.Subscribe);
        Assert.Equal(ClaimState.Held, claim.State);
    }

    [Fact]
    public void The_session_is_over_its_time_after_the_last_confirmed_sign_was_sent()
    {
        ClientHarness harness = ClientHarness.Opened();
        ClientClaim held = harness.Claim(slot: 0);
        harness.AnswerClaim(Asked(harness).Question, token: 7);
        ClientClaim waiting = harness.Claim(slot: 1);
        harness.AnswerClaim(harness.TakeSent().Single(), token: null);
        SessionId session = harness.Core.Session.Id;
        harness.Tick(TimeSpan.FromSeconds(20));
        harness.Renew(shard: 0, TimeSpan.FromSeconds(12));
        harness.Renew(shard: 1, TimeSpan.FromSeconds(11));

        harness.Tick(s_timeToLive - TimeSpan.FromSeconds(9) - TimeSpan.FromTicks(1));
        Assert.Equal(ClaimState.Held, held.State);
        harness.Tick(TimeSpan.FromTicks(1));

        Assert.Equal((ClaimState.Lost, ClaimState.Expired), (held.State, waiting.State));
        Assert.NotEqual(session, harness.Core.Session.Id);
        Assert.Equal(TimeSpan.MaxValue, harness.Core.SessionDeadline);
    }

    [Fact]
    public void A_late_confirmation_of_an_early_sign_does_not_shorten_the_session()
    {
        ClientHarness harness = ClientHarness.Opened();
        harness.Tick(TimeSpan.FromSeconds(20));
        harness.Renew(shard: 0, TimeSpan.FromSeconds(15));
        harness.Renew(shard: 1, TimeSpan.FromSeconds(15));

        harness.Renew(shard: 1, TimeSpan.FromSeconds(5));

        Assert.Equal(TimeSpan.FromSeconds(15) + s_timeToLive, harness.Core.SessionDeadline);
    }

    [Fact]
    public void A_leader_that_does_not_know_the_session_ends_it_here()
    {
        (ClientHarness harness, ClientClaim claim, Sent inbox) = InLine();
        harness.TellInbox(inbox, InboxEventKind.Put, claim, revision: 9);

        harness.Renew(shard: 0, TimeSpan.Zero, isAlive: false, new SessionId(77));
        Assert.Equal(ClaimState.Held, claim.State);
        harness.Renew(shard: 0, TimeSpan.Zero, isAlive: false);

        Assert.Equal(ClaimState.Lost, claim.State);
    }

    [Fact]
    public void What_ends_a_hold_is_not_sent_in_another_session()
    {
        (ClientHarness harness, ClientClaim claim, Sent inbox) = InLine();
        harness.TellInbox(inbox, InboxEventKind.Put, claim, revision: 9);
        harness.Tick(s_timeToLive);
        Assert.Equal(ClaimState.Lost, claim.State);
        var ending = new ClientCall
        {
            Kind = CallKind.Execute,
            Slot = claim.Slot,
            Code = OperationCode.CompleteDelivery,
            IsNumbered = true,
        };
        harness.TakeSent();

        harness.Core.End(claim, ending, harness.Now);

        Assert.Equal(CallOutcome.SessionLost, ending.Outcome);
        Assert.Empty(harness.TakeSent());
    }

    [Fact]
    public void A_refusal_says_why()
    {
        ClientHarness harness = ClientHarness.Opened();
        ClientClaim claim = harness.Claim(slot: 0, TimeSpan.Zero);

        harness.AnswerRefused(Asked(harness).Question, RefusalCode.Busy);

        Assert.Equal(ClaimState.Refused, claim.State);
        Assert.Equal((byte)RefusalCode.Busy, claim.Answer.Payload.Span[0]);
    }

    [Fact]
    public void An_inbox_is_asked_for_again_at_the_next_leader()
    {
        (ClientHarness harness, ClientClaim claim, Sent inbox) = InLine();

        harness.Disconnect(inbox.Node);
        harness.GiveTopology(2, leader: 2);
        harness.Tick(TimeSpan.FromMilliseconds(50));

        Sent again = harness.TakeSent().First(static sent => sent.Kind == WireKind.Subscribe);
        Assert.Equal(inbox.Id, again.Id);
        harness.TellInbox(again, InboxEventKind.Begin);
        harness.TellInbox(again, InboxEventKind.Put, claim, revision: 9);
        Assert.Equal(ClaimState.Held, claim.State);
    }

    private static (ClientHarness Harness, ClientClaim Claim, Sent Inbox) InLine()
    {
        ClientHarness harness = ClientHarness.Opened();
        ClientClaim claim = harness.Claim(slot: 0);
        (Sent asked, Sent inbox) = Asked(harness);
        harness.AnswerClaim(asked, token: null);
        Assert.Equal(ClaimState.InLine, claim.State);
        return (harness, claim, inbox);
    }

    private static (Sent Question, Sent Inbox) Asked(ClientHarness harness)
    {
        List<Sent> sent = harness.TakeSent();
        Sent inbox = Assert.Single(sent, static one => one.Kind == WireKind.Subscribe);
        Sent question = Assert.Single(sent, static one => one.Kind == WireKind.Execute);
        return (question, inbox);
    }

    /// <summary>Lets time pass in a session that is confirmed all along.</summary>
    private static void Keep(ClientHarness harness, TimeSpan time)
    {
        TimeSpan step = TimeSpan.FromMilliseconds(100);
        for (TimeSpan passed = TimeSpan.Zero; passed < time; passed += step)
        {
            harness.Renew(shard: 0, harness.Now);
            harness.Renew(shard: 1, harness.Now);
            harness.Tick(step);
        }
    }

    private static Sent AssertReleases(ClientHarness harness, ClientClaim claim)
    {
        Sent release = harness.TakeSent().First(static sent =>
            sent.Kind == WireKind.Execute && sent.Code == OperationCode.Release);
        var arguments = new ByteReader(release.Arguments);
        Assert.Equal(claim.Root.ToArray(), arguments.ReadBytes().ToArray());
        Assert.Equal(claim.Sequence, arguments.ReadUInt64());
        Assert.Equal(claim.Session!.Id.Value, release.Session);
        return release;
    }
}

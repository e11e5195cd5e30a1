using Concord.Client.Routing;
using Concord.Client.Wire;
using Concord.Encoding;
using Concord.Engines;
using Concord.Operations.Queues;

namespace Concord.Client.Tests.Routing;

/// <summary>Several messages by one request: each is heard of once, in whatever order answer and inbox come, and none
/// that was granted is forgotten.</summary>
public sealed class ClientSeveralTests
{
    private readonly ClientHarness _harness = ClientHarness.Opened();

    [Fact]
    public void Each_is_a_claim_of_its_own_and_the_request_is_filled_by_the_last()
    {
        (ClientClaim claim, Sent inbox) = InLine(3);

        Tell(inbox, claim, before: 2, revision: 5);
        Tell(inbox, claim, before: 1, revision: 5);
        Assert.Equal(ClaimState.InLine, claim.State);
        Tell(inbox, claim, before: 0, revision: 6);

        Assert.Equal(
            [(claim.Sequence - 2, 5L), (claim.Sequence - 1, 5L), (claim.Sequence, 6L)],
            Heard().Select(static one => (one.Sequence, one.Token)));
        Assert.Equal(ClaimState.Filled, claim.State);
    }

    [Fact]
    public void The_request_has_the_last_of_its_numbers_and_no_other_call_has_one_of_them()
    {
        ClientCall before = _harness.Begin(slot: 0);
        _harness.TakeSent();
        ClientClaim claim = _harness.ClaimSeveral(5);
        ClientCall after = _harness.Begin(slot: 0);

        Assert.Equal(before.Sequence + 5, claim.Sequence);
        Assert.Equal(claim.Sequence + 1, after.Sequence);
    }

    [Fact]
    public void What_the_inbox_tells_before_the_answer_counts()
    {
        (ClientClaim claim, Sent asked, Sent inbox) = Asked(3);
        Tell(inbox, claim, before: 2, revision: 5);
        Tell(inbox, claim, before: 1, revision: 5);
        Assert.Empty(Heard());

        _harness.AnswerSeveral(asked);

        Assert.Equal([claim.Sequence - 2, claim.Sequence - 1], Heard().Select(static one => one.Sequence));
        Assert.Equal((ClaimState.InLine, 1), (claim.State, claim.Left));
    }

    [Fact]
    public void What_is_gone_before_the_answer_comes_is_not_waited_for()
    {
        (ClientClaim claim, Sent asked, Sent inbox) = Asked(2);
        Tell(inbox, claim, before: 1, revision: 5);
        _harness.TellInbox(inbox, InboxEventKind.Gone, claim, before: 1);

        _harness.AnswerSeveral(asked);
        Tell(inbox, claim, before: 0, revision: 6);

        Assert.Equal(claim.Sequence, Assert.Single(Heard()).Sequence);
        Assert.Equal(ClaimState.Filled, claim.State);
    }

    [Fact]
    public void One_that_is_gone_is_lost_and_the_others_are_not()
    {
        (ClientClaim claim, Sent inbox) = InLine(3);
        Tell(inbox, claim, before: 2, revision: 5);
        Tell(inbox, claim, before: 1, revision: 5);

        _harness.TellInbox(inbox, InboxEventKind.Gone, claim, before: 2);

        Assert.Equal([ClaimState.Lost, ClaimState.Held], Heard().DistinctBy(static one => one.Sequence)
            .Select(static one => one.State));
        Assert.Equal(ClaimState.InLine, claim.State);
    }

    [Fact]
    public void Given_up_it_names_what_nobody_has_heard_of_and_keeps_what_is_held()
    {
        (ClientClaim claim, Sent inbox) = InLine(4);
        Tell(inbox, claim, before: 3, revision: 5);

        _harness.Core.GiveUp(claim, _harness.Now);

        Assert.Equal((claim.Sequence, 0b0111UL), GivenUp(Assert.Single(_harness.TakeSent())));
        Assert.Equal(ClaimState.GivenUp, claim.State);
        Assert.Equal(ClaimState.Held, Heard().Single(static one => one.PartOf is not null).State);

        // On its way when it was given up: that is given back by what was sent.
        Tell(inbox, claim, before: 2, revision: 6);
        Assert.Single(Heard(), static one => one.PartOf is not null);
        Assert.Empty(_harness.TakeSent());
    }

    [Fact]
    public void Given_up_before_the_answer_it_names_all()
    {
        (_, Sent inbox) = InLine(1);
        ClientClaim claim = _harness.ClaimSeveral(3);
        _harness.TakeSent();
        Tell(inbox, claim, before: 2, revision: 5);

        _harness.Core.GiveUp(claim, _harness.Now);

        Assert.Equal((claim.Sequence, 0b111UL), GivenUp(Assert.Single(_harness.TakeSent())));
        Assert.DoesNotContain(Heard(), static one => one.PartOf is not null);
    }

    [Fact]
    public void Giving_up_goes_on_when_a_leader_cannot_do_it_for_the_moment()
    {
        (ClientClaim claim, _) = InLine(2);
        _harness.Core.GiveUp(claim, _harness.Now);
        Sent first = Assert.Single(_harness.TakeSent());

        _harness.Refuse(first, ReplyStatus.DiskFull);
        _harness.Tick(TimeSpan.FromMilliseconds(100));

        Sent again = Assert.Single(_harness.TakeSent(), static sent => sent.Kind == WireKind.Execute);
        Assert.Equal((first.Sequence, OperationCode.GiveUpSeveral), (again.Sequence, again.Code));
    }

    [Fact]
    public void Each_of_them_is_ended_alone()
    {
        (ClientClaim claim, Sent inbox) = InLine(2);
        Tell(inbox, claim, before: 1, revision: 5);
        ClientClaim one = Assert.Single(Heard());

        _harness.Core.GiveUp(one, _harness.Now);

        Sent release = Assert.Single(_harness.TakeSent());
        Assert.Equal(OperationCode.Release, release.Code);
        Assert.Equal(ClaimState.InLine, claim.State);
        Tell(inbox, claim, before: 0, revision: 6);
        Assert.Equal(ClaimState.Filled, claim.State);
    }

    [Fact]
    public void What_came_and_went_while_nobody_told_of_it_is_not_waited_for()
    {
        (ClientClaim claim, Sent inbox) = InLine(5);
        Tell(inbox, claim, before: 4, revision: 5);

        // The second has gone, the third is held, the last two are in line.
        _harness.TellInbox(inbox, InboxEventKind.Begin);
        Tell(inbox, claim, before: 4, revision: 5);
        Tell(inbox, claim, before: 2, revision: 6);
        _harness.TellInbox(inbox, InboxEventKind.InLine, claim, value: Waiting(2));
        _harness.TellInbox(inbox, InboxEventKind.End, revision: 11);

        Assert.Equal([claim.Sequence - 4, claim.Sequence - 2], Heard().Select(static one => one.Sequence));
        Assert.Equal((ClaimState.InLine, 2), (claim.State, claim.Left));
        Tell(inbox, claim, before: 1, revision: 12);
        Tell(inbox, claim, before: 0, revision: 12);
        Assert.Equal(ClaimState.Filled, claim.State);
    }

    [Fact]
    public void What_is_not_in_line_any_more_is_filled_by_what_is_told()
    {
        (ClientClaim claim, Sent inbox) = InLine(3);

        _harness.TellInbox(inbox, InboxEventKind.Begin);
        Tell(inbox, claim, before: 1, revision: 6);
        _harness.TellInbox(inbox, InboxEventKind.End, revision: 11);

        Assert.Equal(ClaimState.Filled, claim.State);
        Assert.Equal(claim.Sequence - 1, Assert.Single(Heard()).Sequence);
        Assert.Empty(_harness.TakeSent());
    }

    [Fact]
    public void A_request_that_is_newer_than_what_is_told_is_kept()
    {
        (ClientClaim claim, Sent asked, Sent inbox) = Asked(2);
        _harness.AnswerSeveral(asked, revision: 12);

        _harness.TellInbox(inbox, InboxEventKind.Begin);
        _harness.TellInbox(inbox, InboxEventKind.End, revision: 11);

        Assert.Equal((ClaimState.InLine, 2), (claim.State, claim.Left));
    }

    [Fact]
    public void The_end_of_the_session_ends_the_request_and_what_was_held()
    {
        (ClientClaim claim, Sent inbox) = InLine(3);
        Tell(inbox, claim, before: 2, revision: 5);
        ClientClaim one = Assert.Single(Heard());
        _harness.Core.Changed.Clear();

        _harness.Renew(shard: 0, TimeSpan.Zero, isAlive: false);

        Assert.Equal((ClaimState.Expired, ClaimState.Lost), (claim.State, one.State));
        Assert.Equal(2, _harness.Core.Changed.Count);
    }

    [Theory]
    [InlineData("NotReady")]
    [InlineData("Malformed")]
    public void A_cluster_that_does_not_know_it_yet_says_so_and_nothing_has_happened(string status)
    {
        (ClientClaim claim, Sent asked, _) = Asked(3);

        _harness.Refuse(asked, Enum.Parse<ReplyStatus>(status));

        Assert.Equal((ClaimState.Failed, CallOutcome.TooNew), (claim.State, claim.Call!.Outcome));
        _harness.Tick(TimeSpan.FromMilliseconds(100));
        Assert.DoesNotContain(_harness.TakeSent(), static sent => sent.Kind == WireKind.Execute);
    }

    [Theory]
    [InlineData("NotReady")]
    [InlineData("Malformed")]
    public void What_may_have_run_at_another_leader_is_settled_where_nobody_knows_it(string status)
    {
        Sent settle = SettleOfWhatMayHaveRun(status, out ClientClaim claim);

        Assert.Equal((ClaimState.Failed, CallOutcome.Unknown), (claim.State, claim.Call!.Outcome));
        AnswerSettled(settle, AnswerStatus.Cancelled);
        _harness.Tick(TimeSpan.FromMilliseconds(100));
        Assert.DoesNotContain(_harness.TakeSent(), static sent => sent.Kind == WireKind.Execute);
    }

    [Theory]
    [InlineData("Done")]
    [InlineData("Refused")]
    public void What_has_run_at_another_leader_or_may_have_is_given_back(string kept)
    {
        Sent settle = SettleOfWhatMayHaveRun("NotReady", out ClientClaim claim);

        AnswerSettled(settle, Enum.Parse<AnswerStatus>(kept));

        Assert.Equal(
            (claim.Sequence, 0b111UL),
            GivenUp(Assert.Single(_harness.TakeSent(), static sent => sent.Kind == WireKind.Execute)));
    }

    [Fact]
    public void Given_up_before_anybody_has_answered_such_a_request_it_is_settled()
    {
        (ClientClaim claim, _, _) = Asked(3);

        _harness.Core.GiveUp(claim, _harness.Now);

        AnswerSettled(Assert.Single(_harness.TakeSent()), AnswerStatus.Done);
        Assert.Equal((claim.Sequence, 0b111UL), GivenUp(Assert.Single(_harness.TakeSent())));
    }

    [Fact]
    public void Who_has_answered_such_a_request_knows_them_and_is_asked_again_when_it_is_not_ready()
    {
        InLine(2);
        ClientClaim claim = _harness.ClaimSeveral(3);
        Sent asked = Assert.Single(_harness.TakeSent());

        _harness.Refuse(asked, ReplyStatus.NotReady);
        _harness.Tick(TimeSpan.FromMilliseconds(100));

        Assert.Equal(ClaimState.Asking, claim.State);
        Assert.Equal(asked.Sequence, Assert.Single(_harness.TakeSent()).Sequence);
    }

    [Fact]
    public void What_was_told_before_the_answer_and_not_as_part_of_the_whole_is_gone()
    {
        (ClientClaim claim, Sent asked, Sent inbox) = Asked(2);
        Tell(inbox, claim, before: 1, revision: 5);
        _harness.TellInbox(inbox, InboxEventKind.Begin);
        Tell(inbox, claim, before: 0, revision: 6);
        _harness.TellInbox(inbox, InboxEventKind.End, revision: 11);

        _harness.AnswerSeveral(asked);

        Assert.Equal(claim.Sequence, Assert.Single(Heard()).Sequence);
        Assert.Equal(ClaimState.Filled, claim.State);
    }

    private static byte[] Waiting(int left)
    {
        var request = new ByteWriter();
        new ReceiveRequest { Left = left }.Write(request);
        return request.ToArray();
    }

    private static (ulong Sequence, ulong Deliveries) GivenUp(Sent sent)
    {
        Assert.Equal(OperationCode.GiveUpSeveral, sent.Code);
        var arguments = new ByteReader(sent.Arguments);
        arguments.ReadBytes();
        return (arguments.ReadUInt64(), arguments.ReadUInt64());
    }

    /// <summary>The answer was lost, and the next leader does not know what was asked.</summary>
    private Sent SettleOfWhatMayHaveRun(string status, out ClientClaim claim)
    {
        (claim, _, _) = Asked(3);
        _harness.Disconnect(1);
        _harness.Connect(1);
        _harness.GiveTopology(1, leader: 1);
        _harness.Tick(TimeSpan.FromMilliseconds(100));
        Sent again = Assert.Single(_harness.TakeSent(), static sent => sent.Kind == WireKind.Execute);
        _harness.Refuse(again, Enum.Parse<ReplyStatus>(status));
        return Assert.Single(_harness.TakeSent(), static sent => sent.Kind == WireKind.Execute);
    }

    private void AnswerSettled(Sent settle, AnswerStatus kept)
    {
        Assert.Equal(OperationCode.Settle, settle.Code);
        _harness.AnswerSettled(settle, kept);
    }

    /// <summary>What the shell was told of, but for the request itself.</summary>
    private IEnumerable<ClientClaim> Heard() =>
        _harness.Core.Changed.Where(static claim => claim.PartOf is not null);

    private void Tell(Sent inbox, ClientClaim claim, int before, long revision) =>
        _harness.TellInbox(inbox, InboxEventKind.Put, claim, revision, before);

    private (ClientClaim Claim, Sent Inbox) InLine(int count)
    {
        (ClientClaim claim, Sent asked, Sent inbox) = Asked(count);
        _harness.AnswerSeveral(asked);
        return (claim, inbox);
    }

    private (ClientClaim Claim, Sent Question, Sent Inbox) Asked(int count)
    {
        ClientClaim claim = _harness.ClaimSeveral(count);
        List<Sent> sent = _harness.TakeSent();
        return (
            claim,
            Assert.Single(sent, static one => one.Kind == WireKind.Execute),
            Assert.Single(sent, static one => one.Kind == WireKind.Subscribe));
    }
}

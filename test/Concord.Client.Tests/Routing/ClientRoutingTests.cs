using Concord.Client.Routing;
using Concord.Client.Wire;
using Concord.Encoding;

namespace Concord.Client.Tests.Routing;

public sealed class ClientRoutingTests
{
    private static readonly TimeSpan s_retryDelay = TimeSpan.FromMilliseconds(25);
    private static readonly TimeSpan s_attemptTimeout = TimeSpan.FromMilliseconds(1500);

    [Fact]
    public void A_hint_leads_to_the_leader_at_once()
    {
        ClientHarness client = ClientHarness.Ready();
        ClientCall call = client.Read(slot: 0);
        Sent first = Assert.Single(client.TakeSent());

        client.Refuse(first, ReplyStatus.NotLeader, leader: 3);

        Sent second = Assert.Single(client.TakeSent());
        Assert.Equal(3, second.Node);
        client.Answer(second);
        Assert.Equal(CallOutcome.Answered, call.Outcome);
        Assert.Equal([7], call.Answer.Payload.ToArray());
    }

    [Fact]
    public void All_calls_that_are_told_the_same_leader_go_there_at_once()
    {
        ClientHarness client = ClientHarness.Ready(leader: 1);
        client.Read(slot: 0);
        client.Read(slot: 0);

        client.TakeSent().ForEach(sent => client.Refuse(sent, ReplyStatus.NotLeader, leader: 2));

        Assert.Equal([2, 2], client.TakeSent().Select(sent => (int)sent.Node));
    }

    /// <summary>The others name it until they elect another; asked all the time, they would be busy with
    /// refusing.</summary>
    [Fact]
    public void A_hint_to_a_node_that_is_gone_is_not_followed_without_a_pause()
    {
        ClientHarness client = ClientHarness.Ready(leader: 1);
        client.Read(slot: 0);
        client.TakeSent();
        client.Disconnect(1);

        client.Refuse(Assert.Single(client.TakeSent()), ReplyStatus.NotLeader, leader: 1);

        Assert.Empty(client.TakeSent());
        client.Tick(s_retryDelay);
        Assert.NotEqual(1, Assert.Single(client.TakeSent()).Node);
    }

    [Fact]
    public void Two_nodes_that_name_each_other_are_not_followed_to_and_fro()
    {
        ClientHarness client = ClientHarness.Ready(leader: 1);
        client.Read(slot: 0);
        int asked = 0;
        while (asked < 100 && client.TakeSent() is [Sent sent])
        {
            asked++;
            client.Refuse(sent, ReplyStatus.NotLeader, leader: sent.Node == 1 ? (ushort)2 : (ushort)1);
        }

        Assert.Equal(4, asked);
        client.Tick(s_retryDelay);
        Assert.Single(client.TakeSent());
    }

    [Fact]
    public void Without_a_hint_the_client_waits_and_asks_the_replicas_in_turn()
    {
        ClientHarness client = ClientHarness.Ready();
        client.Read(slot: 0);
        var asked = new List<ushort>();
        for (int i = 0; i < 4; i++)
        {
            Sent sent = Assert.Single(client.TakeSent());
            asked.Add(sent.Node);
            client.Refuse(sent, ReplyStatus.NotLeader);
            Assert.Empty(client.TakeSent());
            client.Tick(s_retryDelay);
        }

        Assert.Equal([1, 2, 3, 1], asked);
    }

    [Fact]
    public void A_leader_that_says_that_it_is_none_and_names_itself_is_not_asked_without_a_pause()
    {
        ClientHarness client = ClientHarness.Ready(leader: 1);
        client.Read(slot: 0);

        client.Refuse(Assert.Single(client.TakeSent()), ReplyStatus.NotLeader, leader: 1);

        Assert.Empty(client.TakeSent());
        client.Tick(s_retryDelay);
        Assert.Single(client.TakeSent());
    }

    /// <summary>A leader that was cut off from the others steps down and never hears who leads now.</summary>
    [Fact]
    public void A_former_leader_that_knows_nobody_is_not_asked_for_ever()
    {
        ClientHarness client = ClientHarness.Ready(leader: 1);
        client.Read(slot: 0);
        client.Refuse(Assert.Single(client.TakeSent()), ReplyStatus.NotLeader);
        client.Tick(s_retryDelay);
        client.Refuse(Assert.Single(client.TakeSent()), ReplyStatus.NotLeader);
        client.Tick(s_retryDelay);

        Assert.NotEqual(1, Assert.Single(client.TakeSent()).Node);
    }

    [Fact]
    public void A_broken_connection_sends_again_under_the_same_number()
    {
        ClientHarness client = ClientHarness.Opened();
        ClientCall call = client.Begin(slot: 0);
        Sent first = Assert.Single(client.TakeSent());

        client.Disconnect(1);

        Sent second = Assert.Single(client.TakeSent());
        Assert.NotEqual(1, second.Node);
        Assert.Equal((first.Session, first.Sequence), (second.Session, second.Sequence));
        Assert.Equal(call.Sequence, second.Sequence);
        Assert.Equal(first.Arguments, second.Arguments);
        Assert.True(call.MayHaveRun);
    }

    [Fact]
    public void A_node_that_does_not_answer_is_left_for_another()
    {
        ClientHarness client = ClientHarness.Opened();
        client.Begin(slot: 0);
        Sent first = Assert.Single(client.TakeSent());

        client.Tick(s_attemptTimeout - TimeSpan.FromMilliseconds(1));
        Assert.Empty(client.TakeSent());
        client.Tick(TimeSpan.FromMilliseconds(1));

        Assert.Equal(first.Sequence, Assert.Single(client.TakeSent()).Sequence);
    }

    [Fact]
    public void An_answer_to_an_older_attempt_counts()
    {
        ClientHarness client = ClientHarness.Opened();
        ClientCall call = client.Begin(slot: 0);
        Sent first = Assert.Single(client.TakeSent());
        client.Refuse(first, ReplyStatus.LeadershipLost, leader: 2);
        Sent second = Assert.Single(client.TakeSent());
        Assert.Equal(2, second.Node);

        client.Answer(first);

        Assert.Equal(CallOutcome.Answered, call.Outcome);
        Assert.Same(call, Assert.Single(client.Core.Ended));
        client.Answer(second);
        Assert.Single(client.Core.Ended);
    }

    [Fact]
    public void A_refusal_of_an_older_attempt_does_not_count()
    {
        ClientHarness client = ClientHarness.Opened();
        ClientCall call = client.Begin(slot: 0);
        Sent first = Assert.Single(client.TakeSent());
        client.Refuse(first, ReplyStatus.LeadershipLost, leader: 2);
        Sent second = Assert.Single(client.TakeSent());

        client.Refuse(first, ReplyStatus.Overloaded);
        client.Refuse(first, ReplyStatus.SessionUnknown);
        client.Refuse(first, ReplyStatus.NotLeader, leader: 3);

        Assert.Equal(CallOutcome.Pending, call.Outcome);
        Assert.Empty(client.TakeSent());
        client.Answer(second);
        Assert.Equal(CallOutcome.Answered, call.Outcome);
    }

    [Theory]
    [InlineData(ReplyStatus.Overloaded, CallOutcome.Overloaded)]
    [InlineData(ReplyStatus.Conflict, CallOutcome.Conflict)]
    [InlineData(ReplyStatus.Malformed, CallOutcome.Malformed)]
    [InlineData(ReplyStatus.Forgotten, CallOutcome.Unknown)]
    internal void A_refusal_ends_a_call_that_did_not_run(ReplyStatus status, CallOutcome outcome)
    {
        ClientHarness client = ClientHarness.Opened();
        ClientCall call = client.Begin(slot: 0);

        client.Refuse(Assert.Single(client.TakeSent()), status);

        Assert.Equal(outcome, call.Outcome);
    }

    [Theory]
    [InlineData(ReplyStatus.Overloaded)]
    [InlineData(ReplyStatus.Conflict)]
    [InlineData(ReplyStatus.SessionUnknown)]
    internal void A_refusal_after_an_attempt_that_may_have_run_leaves_the_outcome_unknown(ReplyStatus status)
    {
        ClientHarness client = ClientHarness.Opened();
        ClientCall call = client.Begin(slot: 0);
        client.Refuse(Assert.Single(client.TakeSent()), ReplyStatus.LeadershipLost, leader: 2);

        client.Refuse(Assert.Single(client.TakeSent()), status);

        Assert.Equal(CallOutcome.Unknown, call.Outcome);
        Assert.Empty(client.TakeSent());
    }

    [Fact]
    public void A_call_that_was_never_sent_ends_as_not_sent()
    {
        var client = new ClientHarness();
        ClientCall call = client.Begin(slot: 0);

        client.Tick(ClientHarness.OperationTimeout);

        Assert.Equal(CallOutcome.NotSent, call.Outcome);
        Assert.Equal(0, client.Core.OpenCalls);
    }

    [Fact]
    public void A_call_that_every_node_refused_ends_as_not_sent()
    {
        ClientHarness client = ClientHarness.Opened();
        ClientCall call = client.Begin(slot: 0);
        client.Refuse(Assert.Single(client.TakeSent()), ReplyStatus.NotLeader);

        client.Tick(ClientHarness.OperationTimeout);

        Assert.Equal(CallOutcome.NotSent, call.Outcome);
    }

    [Fact]
    public void A_call_that_was_sent_and_not_answered_ends_as_unknown()
    {
        ClientHarness client = ClientHarness.Opened();
        ClientCall call = client.Begin(slot: 0);
        client.TakeSent();

        client.Tick(ClientHarness.OperationTimeout);

        Assert.Equal(CallOutcome.Unknown, call.Outcome);
    }

    [Fact]
    public void An_abandoned_call_is_told_once_and_its_answer_is_dropped()
    {
        ClientHarness client = ClientHarness.Opened();
        ClientCall call = client.Begin(slot: 0);
        Sent sent = Assert.Single(client.TakeSent());

        client.Core.Abandon(call);
        client.Answer(sent);

        Assert.Equal(CallOutcome.Unknown, call.Outcome);
        Assert.Single(client.Core.Ended);
    }

    /// <summary>Its shards are other logs, and may be fewer.</summary>
    [Fact]
    public void A_node_of_another_cluster_is_not_taken_for_one_of_this()
    {
        ClientHarness client = ClientHarness.Ready(leader: 1);
        client.Disconnect(3);

        var refused = Assert.Throws<MalformedDataException>(() => client.Connect(3, cluster: Guid.NewGuid()));

        Assert.Contains("belongs to cluster", refused.Message, StringComparison.Ordinal);
        client.Disconnect(1);
        client.Disconnect(2);
        client.Read(slot: 0);
        Assert.Empty(client.TakeSent());
    }

    [Fact]
    public void The_session_is_kept_alive_where_it_is_registered()
    {
        ClientHarness client = ClientHarness.Opened();
        client.Tick(TimeSpan.FromSeconds(8));

        Assert.Contains(client.Core.Dirty, connection => connection.Node == 1 && !connection.Output.IsEmpty);
    }
}

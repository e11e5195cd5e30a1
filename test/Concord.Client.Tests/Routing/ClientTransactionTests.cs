using Concord.Client.Routing;
using Concord.Client.Wire;
using Concord.Encoding;
using Concord.Engines;

namespace Concord.Client.Tests.Routing;

public sealed class ClientTransactionTests
{
    [Fact]
    public void A_transaction_is_split_by_shard_with_the_anchor_first()
    {
        ClientHarness client = ClientHarness.Opened();
        ClientCall call = client.Commit(client.Core.Begin(), 700, 5, 701, 6);

        Sent sent = Assert.Single(client.TakeSent());

        Assert.Equal((WireKind.Commit, 1U), (sent.Kind, sent.Shard));
        List<Part> parts = PartsOf(sent);
        Assert.Equal([1U, 0U], parts.Select(part => part.Shard));
        Assert.Equal([700, 5], parts.Select(part => (int)part.Slot));
        Assert.Equal([0, 2], parts[0].Ordinals);
        Assert.Equal([1, 3], parts[1].Ordinals);
        client.Answer(sent);
        Assert.Equal(CallOutcome.Answered, call.Outcome);
    }

    [Fact]
    public void A_begun_transaction_holds_back_every_slot_until_it_is_committed_or_given_up()
    {
        ClientHarness client = ClientHarness.Opened();
        (SessionId session, ulong begun) = client.Core.Begin();
        Assert.Equal(begun - 1, AcknowledgedBy(client, slot: 9));

        client.Core.GiveUp(session, begun);

        Assert.True(AcknowledgedBy(client, slot: 9) > begun);
    }

    [Fact]
    public void A_committed_transaction_holds_back_its_own_slots_only()
    {
        ClientHarness client = ClientHarness.Opened();
        (SessionId Session, ulong Sequence) begun = client.Core.Begin();
        client.Commit(begun, 5, 700);
        Sent commit = Assert.Single(client.TakeSent());
        Assert.All(PartsOf(commit), part => Assert.True(part.AcknowledgedThrough < begun.Sequence));

        Assert.Equal(begun.Sequence - 1, AcknowledgedBy(client, slot: 5));
        Assert.Equal(begun.Sequence - 1, AcknowledgedBy(client, slot: 700));
        Assert.True(AcknowledgedBy(client, slot: 9) > begun.Sequence);

        client.Answer(commit);
        Assert.True(AcknowledgedBy(client, slot: 5) > begun.Sequence);
    }

    [Fact]
    public void A_commit_is_sent_again_under_its_own_name()
    {
        ClientHarness client = ClientHarness.Opened();
        client.Commit(client.Core.Begin(), 5, 700);
        Sent first = Assert.Single(client.TakeSent());

        client.Disconnect(1);

        Sent second = Assert.Single(client.TakeSent());
        Assert.NotEqual(first.Node, second.Node);
        Assert.Equal(first.Body, second.Body);
    }

    [Fact]
    public void A_commit_whose_session_is_unknown_is_a_conflict_for_its_caller_to_begin_anew()
    {
        ClientHarness client = ClientHarness.Opened();
        ClientCall call = client.Commit(client.Core.Begin(), 5);
        SessionId before = client.Core.Session.Id;

        client.Refuse(Assert.Single(client.TakeSent()), ReplyStatus.SessionUnknown);

        Assert.Equal(CallOutcome.Conflict, call.Outcome);
        Assert.NotEqual(before, client.Core.Session.Id);
        Assert.Empty(client.TakeSent());
    }

    [Fact]
    public void A_transaction_of_a_session_that_was_replaced_is_a_conflict_and_leaves_the_new_session_alone()
    {
        ClientHarness client = ClientHarness.Opened();
        (SessionId Session, ulong Sequence) old = client.Core.Begin();
        client.Commit(client.Core.Begin(), 5);
        client.Refuse(Assert.Single(client.TakeSent()), ReplyStatus.SessionUnknown);
        SessionId replaced = client.Core.Session.Id;
        ulong begun = 0;
        while (begun < old.Sequence)
        {
            begun = client.Core.Begin().Sequence;
            if (begun < old.Sequence)
            {
                client.Core.GiveUp(replaced, begun);
            }
        }

        ClientCall call = client.Commit(old, 5);

        Assert.Equal(CallOutcome.Conflict, call.Outcome);
        Assert.Equal(replaced, client.Core.Session.Id);
        client.Begin(slot: 9);
        client.OpenSessions();
        Assert.Equal(begun - 1, Assert.Single(client.TakeSent()).AcknowledgedThrough);
    }

    private static ulong AcknowledgedBy(ClientHarness client, ushort slot)
    {
        client.Begin(slot);
        Sent sent = Assert.Single(client.TakeSent());
        client.Answer(sent);
        return sent.AcknowledgedThrough;
    }

    private static List<Part> PartsOf(Sent sent)
    {
        var reader = new ByteReader(sent.Body);
        reader.ReadUInt64();
        reader.ReadUInt64();
        reader.ReadInt64();
        reader.ReadBytes();
        int count = reader.ReadUInt16();
        var parts = new List<Part>();
        for (int i = 0; i < count; i++)
        {
            uint shard = reader.ReadUInt32();
            ushort slot = reader.ReadUInt16();
            ulong acknowledged = reader.ReadUInt64();
            var actions = new ActionReader(reader.ReadBytes());
            var ordinals = new List<int>();
            while (actions.TryRead(out ActionView action))
            {
                ordinals.Add(action.Ordinal);
            }

            parts.Add(new(shard, slot, acknowledged, ordinals));
        }

        reader.End();
        return parts;
    }

    private sealed record Part(uint Shard, ushort Slot, ulong AcknowledgedThrough, List<int> Ordinals);
}

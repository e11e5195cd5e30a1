namespace Concord.Consensus.Tests;

/// <summary>Messages that wait for a write leave with it, not before, and in order.</summary>
public sealed class OutboxTests
{
    [Fact]
    public void A_gated_message_leaves_with_its_write_and_survives_a_clear()
    {
        var outbox = new Outbox();
        outbox.Gate(Numbered(1), afterWrite: 1);
        outbox.Gate(Numbered(2), afterWrite: 2);
        outbox.Gate(Numbered(3), afterWrite: 2);
        outbox.Gate(Numbered(4), afterWrite: 3);
        outbox.Clear();

        outbox.ReleaseThrough(0);
        Assert.Empty(outbox.Sends);
        outbox.ReleaseThrough(2);
        Assert.Equal([1UL, 2UL, 3UL], outbox.Sends.Select(static message => message.ReadSequence));
        Assert.Single(outbox.Gated);
    }

    [Fact]
    public void Draining_a_core_that_has_nothing_to_say_gives_nothing()
    {
        var replica = new Replica();
        var outbox = new Outbox();

        Assert.False(replica.Core.Drain(outbox));
        Assert.Null(outbox.Write);
        Assert.Empty(outbox.Sends);
        Assert.Empty(outbox.Gated);
    }

    [Fact]
    public void What_a_leader_has_proposed_is_kept_back_while_the_host_says_so()
    {
        Replica leader = Replica.Leading();
        leader.Hears(Say.Accepted(2, 1, 1));
        leader.Hears(Say.Accepted(3, 1, 1));
        var outbox = new Outbox { KeepsProposals = true };
        Assert.Equal(ProposeResult.Accepted, leader.Core.Propose("a"u8, out LogIndex index));

        leader.Core.Drain(outbox);

        Assert.Null(outbox.Write);
        Assert.Empty(outbox.Sends);
        outbox.KeepsProposals = false;
        leader.Core.Drain(outbox);
        Assert.Equal(index, outbox.Write!.Value.Entries.Last);
        Assert.Equal(2, outbox.Sends.Count(message => message.Entries.Last == index));
    }

    [Fact]
    public void A_follower_keeps_nothing_back()
    {
        var replica = new Replica();
        var outbox = new Outbox { KeepsProposals = true };
        Say.Deliver(replica.Core, Say.Append(2, 1), replica.Now, [1]);

        replica.Core.Drain(outbox);

        Assert.NotNull(outbox.Write);
    }

    private static Message Numbered(ulong number) => new() { ReadSequence = number };
}

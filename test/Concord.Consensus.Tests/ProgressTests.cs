using Concord.Consensus.Raft;

namespace Concord.Consensus.Tests;

/// <summary>What a leader sends to a follower, and when it waits.</summary>
public sealed class ProgressTests
{
    [Fact]
    public void Probes_one_message_at_a_time_until_one_is_accepted()
    {
        var replica = Replica.Leading();

        Assert.DoesNotContain(replica.Proposes(out _), IsForN2);
        Assert.DoesNotContain(replica.Proposes(out _), IsForN2);

        Assert.Equal(new LogRange(new(2), 2), Assert.Single(replica.Hears(Say.Accepted(2, 1, 1))).Entries);
    }

    [Fact]
    public void Sends_without_waiting_once_a_probe_was_accepted()
    {
        Replica replica = Replicating();

        for (ulong index = 2; index < 10; index++)
        {
            Assert.Equal(new LogRange(new(index), 1), Assert.Single(replica.Proposes(out _), IsForN2).Entries);
        }
    }

    [Fact]
    public void Entries_that_wait_for_a_drain_travel_together()
    {
        Replica replica = Replicating();
        for (int i = 0; i < 5; i++)
        {
            Assert.Equal(ProposeResult.Accepted, replica.Core.Propose(Say.Payload, out _));
        }

        Assert.Equal(new LogRange(new(2), 5), Assert.Single(replica.Settle(), IsForN2).Entries);
        Assert.Equal(new LogRange(new(2), 5), replica.Writes[^1].Entries);
    }

    [Fact]
    public void Stops_at_the_most_messages_in_flight_and_goes_on_with_acknowledgements()
    {
        Replica replica = Replicating(static options => options with { InflightMessagesMax = 2 });
        replica.Proposes(out _);
        replica.Proposes(out _);

        Assert.DoesNotContain(replica.Proposes(out _), IsForN2);
        Assert.Equal(2, replica.Core.Followers[0].InflightMessages);
        Assert.Equal(new LogRange(new(4), 1), Assert.Single(replica.Hears(Say.Accepted(2, 1, 2)), IsForN2).Entries);
        Assert.Equal(2, replica.Core.Followers[0].InflightMessages);
    }

    [Fact]
    public void Stops_at_the_most_bytes_in_flight()
    {
        int entry = EntryCodec.HeadBytes + Say.Payload.Length;
        Replica replica = Replicating(options => options with { InflightBytesMax = (2 * entry) - 1 });
        replica.Proposes(out _);
        replica.Proposes(out _);

        Assert.DoesNotContain(replica.Proposes(out _), IsForN2);
        Assert.Equal(2 * entry, replica.Core.Followers[0].InflightBytes);
        replica.Hears(Say.Accepted(2, 1, 3));
        Assert.Equal(entry, replica.Core.Followers[0].InflightBytes);
    }

    [Theory]
    [InlineData(1, 1)] // one entry always fits
    [InlineData(54, 3)]
    [InlineData(53, 2)]
    public void Messages_are_no_longer_than_they_may_be(int appendBytes, int entries)
    {
        Replica replica = Replicating(options => options with { AppendBytesMax = appendBytes });
        for (int i = 0; i < 6; i++)
        {
            Assert.Equal(ProposeResult.Accepted, replica.Core.Propose(Say.Payload, out _));
        }

        IEnumerable<int> counts = replica.Settle().Where(IsForN2).Select(static message => message.Entries.Count);

        Assert.Equal(Enumerable.Repeat(entries, 6 / entries), counts);
    }

    [Fact]
    public void A_refusal_clears_what_was_in_flight()
    {
        Replica replica = Replicating();
        replica.Proposes(out _);
        replica.Proposes(out _);

        Message retry = Assert.Single(replica.Hears(Say.Refused(2, 1, previous: 2, hint: 1)));

        Assert.Equal(new LogRange(new(2), 2), retry.Entries);
        Progress follower = replica.Core.Followers[0];
        Assert.Equal((ProgressState.Probe, 0, 0), (follower.State, follower.InflightMessages, follower.InflightBytes));
    }

    [Fact]
    public void Goes_back_to_what_was_acknowledged_when_nothing_comes_for_half_an_election_timeout()
    {
        Replica replica = Replicating();
        replica.Proposes(out _);
        replica.Proposes(out _);
        replica.Waits((Replica.ElectionTimeout / 2) - TimeSpan.FromTicks(1));
        Assert.Equal(ProgressState.Replicate, replica.Core.Followers[0].State);

        IReadOnlyList<Message> said = replica.Waits(TimeSpan.FromTicks(1));

        Assert.Equal(
            new LogRange(new(2), 2),
            Assert.Single(said, static message => IsForN2(message) && message.Kind == MessageKind.Append).Entries);
    }

    [Fact]
    public void A_follower_that_makes_progress_is_not_probed()
    {
        Replica replica = Replicating();
        for (ulong index = 2; index < 30; index++)
        {
            replica.Proposes(out _);
            replica.Proposes(out _);
            replica.Waits(Replica.ElectionTimeout * 0.4);
            replica.Hears(Say.Accepted(2, 1, index));
            Assert.Equal(ProgressState.Replicate, replica.Core.Followers[0].State);
        }
    }

    private static bool IsForN2(Message message) => message.To == new NodeId(2);

    /// <summary>A leader of three whose follower n2 has its first entry, and n3 has not answered.</summary>
    private static Replica Replicating(Func<ReplicaOptions, ReplicaOptions>? with = null)
    {
        var replica = Replica.Leading(with: with);
        replica.Hears(Say.Accepted(2, 1, 1));
        return replica;
    }
}

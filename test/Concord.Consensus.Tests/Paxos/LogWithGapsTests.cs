namespace Concord.Consensus.Tests.Paxos;

/// <summary>The log in memory when its places stand for themselves, against a dictionary.</summary>
public sealed class LogWithGapsTests
{
    [Theory]
    [InlineData(1)]
    [InlineData(2)]
    [InlineData(3)]
    public void Behaves_as_a_dictionary_under_random_puts_restamps_and_discards(int seed)
    {
        var random = new Random(seed);
        var log = new LogBuffer();
        Dictionary<ulong, (Stamp Stamp, Stamp Origin, byte[] Payload)> oracle = [];
        ulong origin = 0;
        ulong last = 0;
        for (int step = 0; step < 3_000; step++)
        {
            ulong at = origin + 1 + (ulong)random.Next(random.Next(20) == 0 ? 500 : 20);
            Stamp stamp = Stamp.FromBallot((ulong)random.Next(5, 9), new((ushort)random.Next(1, 4)));
            switch (random.Next(10))
            {
                case < 7:
                    byte[] payload = new byte[random.Next(30) == 0 ? random.Next(40_000) : random.Next(40)];
                    random.NextBytes(payload);
                    Stamp first = Stamp.FromBallot((ulong)random.Next(1, 5), new(1));
                    log.Put(new(at), stamp, first, EntryKind.Command, payload);
                    oracle[at] = (stamp, first, payload);
                    last = Math.Max(last, at);
                    break;
                case < 9 when oracle.TryGetValue(at, out (Stamp Stamp, Stamp Origin, byte[] Payload) held):
                    log.Restamp(new(at), stamp);
                    oracle[at] = held with { Stamp = stamp };
                    break;
                case 9:
                    origin = random.Next(10) == 0 ? at : Math.Min(at, origin + 5);
                    last = Math.Max(last, origin);
                    log.DiscardThrough(new(origin), stamp);
                    foreach (ulong gone in oracle.Keys.Where(key => key <= origin).ToArray())
                    {
                        oracle.Remove(gone);
                    }

                    Assert.Equal(stamp, log.BaseStamp);
                    break;
            }

            Assert.Equal((origin, last), (log.Base.Value, log.Last.Value));
        }

        Check(log, oracle);
    }

    [Fact]
    public void What_lies_between_is_a_gap_though_the_ring_held_something_there()
    {
        var log = new LogBuffer();
        for (ulong i = 1; i <= 60; i++)
        {
            log.Put(new(i), Tell.Ballot("1.1"), Tell.Ballot("1.1"), EntryKind.Command, "old"u8);
        }

        log.DiscardThrough(new(60), Tell.Ballot("1.1"));
        log.Put(new(90), Tell.Ballot("2.2"), Tell.Ballot("2.2"), EntryKind.Command, "new"u8);

        Assert.Equal([90UL], Enumerable.Range(61, 30).Select(static i => (ulong)i).Where(i => log.Has(new(i))));
        Assert.Equal((3L, "2.2"), (log.PayloadBytes, Tell.Text(log.NewestStamp())));
    }

    [Fact]
    public void What_a_snapshot_covers_is_not_put_and_a_gap_is_not_stamped()
    {
        LogBuffer log = Tell.Entries(new(new(3), Tell.Ballot("1.1")), "_ 2.2");

        Assert.Throws<InvariantViolationException>(
            () => log.Put(new(3), Tell.Ballot("2.2"), Tell.Ballot("2.2"), EntryKind.Command, []));
        Assert.Throws<InvariantViolationException>(() => log.Restamp(new(4), Tell.Ballot("2.2")));
        Assert.False(log.Has(new(3)));
        Assert.False(log.Has(new(6)));
    }

    [Fact]
    public void The_newest_stamp_may_lie_anywhere()
    {
        Assert.Equal("4.2", Tell.Text(Tell.Entries(new(), "1.1 4.2 _ 3.3").NewestStamp()));
        Assert.Equal("5.2", Tell.Text(Tell.Entries(new(new(2), Tell.Ballot("5.2")), "1.1").NewestStamp()));
    }

    private static void Check(LogBuffer log, Dictionary<ulong, (Stamp Stamp, Stamp Origin, byte[] Payload)> oracle)
    {
        for (LogIndex at = log.First; at <= log.Last; at++)
        {
            Assert.Equal(oracle.ContainsKey(at.Value), log.Has(at));
            if (oracle.TryGetValue(at.Value, out (Stamp Stamp, Stamp Origin, byte[] Payload) held))
            {
                Assert.Equal((held.Stamp, held.Origin), (log.StampAt(at), log.OriginAt(at)));
                Assert.True(log.PayloadAt(at).SequenceEqual(held.Payload));
            }
        }

        Assert.Equal(oracle.Values.Sum(static held => (long)held.Payload.Length), log.PayloadBytes);
    }
}

namespace Concord.Consensus.Tests;

/// <summary>The log in memory against a list that does the same the dumb way.</summary>
public sealed class LogBufferTests
{
    [Theory]
    [InlineData(1)]
    [InlineData(2)]
    [InlineData(3)]
    [InlineData(4)]
    public void Behaves_as_a_list_under_random_appends_truncations_discards_and_restarts(int seed)
    {
        var random = new Random(seed);
        var log = new LogBuffer();
        var oracle = new Oracle();
        for (int step = 0; step < 4_000; step++)
        {
            switch (random.Next(100))
            {
                case < 80:
                    byte[] payload = new byte[random.Next(20) == 0 ? random.Next(40_000) : random.Next(64)];
                    random.NextBytes(payload);
                    Stamp stamp = Stamp.FromTerm(oracle.LastStamp.Term + (ulong)(random.Next(10) == 0 ? 1 : 0));
                    EntryKind kind = random.Next(2) == 0 ? EntryKind.NoOp : EntryKind.Command;
                    oracle.Entries.Add((stamp, kind, payload));
                    Assert.Equal(oracle.Last, log.Append(stamp, kind, payload));
                    break;
                case < 90:
                    LogIndex from = oracle.Base + 1 + (ulong)random.Next(oracle.Entries.Count + 1);
                    oracle.Truncate(from);
                    log.TruncateFrom(from);
                    break;
                case < 98:
                    LogIndex through = oracle.Base + (ulong)random.Next(oracle.Entries.Count + 1);
                    oracle.Discard(through);
                    log.DiscardThrough(through);
                    break;
                default:
                    oracle.Restart(oracle.Last + (ulong)random.Next(5), oracle.LastStamp.NextTerm());
                    log.Restart(oracle.Base, oracle.BaseStamp);
                    break;
            }

            oracle.Check(log, random);
        }
    }

    [Fact]
    public void What_is_not_held_is_not_read()
    {
        var log = new LogBuffer(new(5), Stamp.FromTerm(2));
        log.Append(Stamp.FromTerm(2), EntryKind.Command, "x"u8);

        Assert.Equal(Stamp.FromTerm(2), log.StampAt(new(5)));
        Assert.True(log.Covers(new(5)) && log.Covers(new(6)));
        Assert.False(log.Covers(new(4)) || log.Covers(new(7)));
        Assert.Throws<InvariantViolationException>(() => log.StampAt(new(4)));
        Assert.Throws<InvariantViolationException>(() => log.StampAt(new(7)));
        Assert.Throws<InvariantViolationException>(() => log.PayloadAt(new(5)).Length);
        Assert.Throws<InvariantViolationException>(() => log.KindAt(new(7)));
    }

    [Fact]
    public void Stamps_never_fall_and_what_a_snapshot_covers_is_never_truncated()
    {
        var log = new LogBuffer(new(5), Stamp.FromTerm(2));

        Assert.Throws<InvariantViolationException>(() => log.Append(Stamp.FromTerm(1), EntryKind.Command, "x"u8));
        Assert.Throws<InvariantViolationException>(() => log.TruncateFrom(new(5)));
        Assert.Equal(new LogIndex(5), log.Last);
    }

    [Fact]
    public void A_payload_larger_than_a_slab_is_kept_whole()
    {
        var log = new LogBuffer();
        byte[] large = new byte[3 << 20];
        new Random(1).NextBytes(large);
        log.Append(Stamp.FromTerm(1), EntryKind.Command, "before"u8);
        log.Append(Stamp.FromTerm(1), EntryKind.Command, large);
        log.Append(Stamp.FromTerm(1), EntryKind.Command, "behind"u8);

        Assert.True(log.PayloadAt(new(1)).SequenceEqual("before"u8));
        Assert.True(log.PayloadAt(new(2)).SequenceEqual(large));
        Assert.True(log.PayloadAt(new(3)).SequenceEqual("behind"u8));
    }

    /// <summary>A log that is consumed as fast as it grows lives from the slabs it has.</summary>
    [Fact]
    public void Slabs_are_used_again_so_that_a_log_that_is_consumed_does_not_grow()
    {
        var log = new LogBuffer();
        byte[] payload = new byte[4096];
        Pass(log, payload, entries: 4_000);
        long before = GC.GetAllocatedBytesForCurrentThread();

        Pass(log, payload, entries: 20_000);

        long allocated = GC.GetAllocatedBytesForCurrentThread() - before;
        Assert.True(allocated < 1 << 20,
            $"80 MB went through a window of 2 MB and {allocated:N0} bytes were allocated.");
    }

    /// <summary>A follower that is overwritten again and again frees what it dropped once its log moves on.</summary>
    [Fact]
    public void What_was_truncated_is_freed_with_the_entries_that_follow()
    {
        var log = new LogBuffer();
        byte[] payload = new byte[4096];
        for (int round = 0; round < 2; round++)
        {
            long before = GC.GetAllocatedBytesForCurrentThread();
            for (int i = 0; i < 4_000; i++)
            {
                log.Append(Stamp.FromTerm(1), EntryKind.Command, payload);
                log.TruncateFrom(log.Last);
                log.Append(Stamp.FromTerm(1), EntryKind.Command, payload);
                log.DiscardThrough(log.Last);
            }

            long allocated = GC.GetAllocatedBytesForCurrentThread() - before;
            Assert.True(round == 0 || allocated < 1 << 20, $"{allocated:N0} bytes were allocated.");
        }
    }

    private static void Pass(LogBuffer log, byte[] payload, int entries)
    {
        for (int i = 0; i < entries; i++)
        {
            log.Append(Stamp.FromTerm(1), EntryKind.Command, payload);
            if (log.Count == 512)
            {
                log.DiscardThrough(log.Base + 256);
            }
        }
    }

    private sealed class Oracle
    {
        public LogIndex Base { get; private set; }

        public Stamp BaseStamp { get; private set; }

        public List<(Stamp Stamp, EntryKind Kind, byte[] Payload)> Entries { get; } = [];

        public LogIndex Last => Base + (ulong)Entries.Count;

        public Stamp LastStamp => Entries.Count == 0 ? BaseStamp : Entries[^1].Stamp;

        public void Truncate(LogIndex from)
        {
            int keep = (int)(from - Base) - 1;
            Entries.RemoveRange(keep, Entries.Count - keep);
        }

        public void Discard(LogIndex through)
        {
            int count = (int)(through - Base);
            if (count > 0)
            {
                (Base, BaseStamp) = (through, Entries[count - 1].Stamp);
                Entries.RemoveRange(0, count);
            }
        }

        public void Restart(LogIndex origin, Stamp originStamp)
        {
            Entries.Clear();
            (Base, BaseStamp) = (origin, originStamp);
        }

        public void Check(LogBuffer log, Random random)
        {
            Assert.Equal(
                (Base, BaseStamp, Last, LastStamp, Entries.Count),
                (log.Base, log.BaseStamp, log.Last, log.LastStamp, log.Count));
            Assert.Equal(Entries.Sum(static entry => (long)entry.Payload.Length), log.PayloadBytes);
            for (int probe = 0; probe < 4 && Entries.Count > 0; probe++)
            {
                int at = random.Next(Entries.Count);
                LogIndex index = Base + 1 + (ulong)at;
                Assert.Equal((Entries[at].Stamp, Entries[at].Kind), (log.StampAt(index), log.KindAt(index)));
                Assert.True(log.PayloadAt(index).SequenceEqual(Entries[at].Payload), $"the payload at {index}");
            }
        }
    }
}

using System.Buffers.Binary;

namespace Concord.Consensus.Tests;

/// <summary>Messages as bytes: what is written is read, what is read is written the same, and nothing else is
/// read.</summary>
public sealed class MessageCodecTests
{
    private const int HeadBytes = 62;

    [Fact]
    public void Every_message_that_is_written_is_read_as_it_was()
    {
        var random = new Random(1);
        for (int i = 0; i < 5_000; i++)
        {
            (Message message, LogBuffer log) = Any(random);
            byte[] bytes = Write(message, log);

            Assert.True(MessageCodec.TryRead(bytes, out Message read, out EntryReader entries));

            Assert.Equal(message, read);
            Assert.Equal(message.Entries.Count, entries.Count);
            for (LogIndex index = message.Index
                + 1; entries.TryRead(out Stamp stamp, out EntryKind kind, out ReadOnlySpan<byte> payload); index++)
            {
                Assert.Equal((log.StampAt(index), log.OriginAt(index), log.KindAt(index)),
                    (stamp, entries.Origin, kind));
                Assert.True(payload.SequenceEqual(log.PayloadAt(index)));
            }

            Assert.Equal(0, entries.Count);
            Assert.True(bytes.AsSpan().SequenceEqual(WriteAgain(bytes)), Convert.ToHexString(bytes));
        }
    }

    /// <summary>
    /// Bytes that know the format: valid messages with lengths, counts, kinds and single bits changed, cut and
    /// lengthened.
    /// They are refused, or they are a message whose bytes are exactly these.
    /// </summary>
    [Theory]
    [InlineData(1)]
    [InlineData(2)]
    [InlineData(3)]
    public void Damaged_messages_are_refused_or_are_other_messages_and_never_throw(int seed)
    {
        var random = new Random(seed);
        int accepted = 0;
        for (int i = 0; i < 5_000; i++)
        {
            (Message message, LogBuffer log) = Any(random);
            byte[] bytes = Damage(Write(message, log), random);

            // Exactly as long as they are: reading behind the end would throw.
            if (MessageCodec.TryRead(bytes, out _, out EntryReader entries))
            {
                accepted++;
                while (entries.TryRead(out _, out _, out _))
                {
                }

                Assert.True(bytes.AsSpan().SequenceEqual(WriteAgain(bytes)), Convert.ToHexString(bytes));
            }
        }

        Assert.InRange(accepted, 100, 4_900);
    }

    [Fact]
    public void Random_bytes_are_refused()
    {
        var random = new Random(1);
        for (int i = 0; i < 20_000; i++)
        {
            byte[] bytes = new byte[random.Next(200)];
            random.NextBytes(bytes);
            Assert.False(MessageCodec.TryRead(bytes, out _, out EntryReader entries));
            Assert.False(entries.TryRead(out _, out _, out _));
        }
    }

    /// <summary>A claimed length costs nothing before it is checked.</summary>
    [Theory]
    [InlineData(54, int.MaxValue)] // the count of entries
    [InlineData(54, -1)]
    [InlineData(54, int.MinValue)]
    [InlineData(58, int.MaxValue)] // the bytes of entries
    [InlineData(58, -1)]
    [InlineData(HeadBytes + 9, int.MaxValue)] // the length of a payload
    [InlineData(HeadBytes + 9, int.MaxValue - EntryCodec.HeadBytes + 1)]
    [InlineData(HeadBytes + 9, -1)]
    [InlineData(HeadBytes + 9, int.MinValue)]
    public void A_claimed_length_is_refused_without_allocating(int at, int claim)
    {
        var log = new LogBuffer();
        log.Append(Stamp.FromTerm(1), EntryKind.Command, "payload"u8);
        byte[] bytes = Write(new() { Kind = MessageKind.Append, Entries = new(new(1), 1) }, log);
        BinaryPrimitives.WriteInt32LittleEndian(bytes.AsSpan(at), claim);
        MessageCodec.TryRead(bytes, out _, out _);
        long before = GC.GetAllocatedBytesForCurrentThread();

        bool read = MessageCodec.TryRead(bytes, out _, out _);

        Assert.Equal(0, GC.GetAllocatedBytesForCurrentThread() - before);
        Assert.False(read);
    }

    [Theory]
    [InlineData(0, 0)] // no kind
    [InlineData(0, 19)] // kinds
    [InlineData(0, 255)]
    [InlineData(1, 16)] // flags that nobody knows
    [InlineData(HeadBytes + 8, 0)] // kinds of entries
    [InlineData(HeadBytes + 8, 4)]
    [InlineData(HeadBytes + 8, 3)] // a membership that is none
    public void Unknown_kinds_and_flags_are_refused(int at, byte value)
    {
        var log = new LogBuffer();
        log.Append(Stamp.FromTerm(1), EntryKind.Command, "payload"u8);
        byte[] bytes = Write(OneEntry(MessageKind.Append), log);
        bytes[at] = value;

        Assert.False(MessageCodec.TryRead(bytes, out _, out _));
    }

    [Fact]
    public void Only_some_kinds_carry_entries()
    {
        var log = new LogBuffer();
        log.Append(Stamp.FromTerm(1), EntryKind.Command, "payload"u8);
        foreach (MessageKind kind in Enum.GetValues<MessageKind>())
        {
            byte[] bytes = Write(OneEntry(kind), log);

            Assert.Equal(Carries(kind), MessageCodec.TryRead(bytes, out _, out _));
        }
    }

    /// <summary>A membership that is none would stop the node when it is appended.</summary>
    [Fact]
    public void A_membership_that_is_none_is_refused()
    {
        foreach (byte[] payload in (byte[][])[[], [1, 2, 3], MembershipCodec.Encode(Replica.Voters(3))])
        {
            var log = new LogBuffer();
            log.Append(Stamp.FromTerm(1), EntryKind.Membership, payload);

            bool read = MessageCodec.TryRead(Write(OneEntry(MessageKind.Append), log), out _, out _);

            Assert.Equal(payload.Length > 3, read);
        }
    }

    /// <summary>A term that nobody can have reached would leave no room above: taking it would stop the node.</summary>
    [Theory]
    [InlineData(1UL << 47, true)]
    [InlineData((1UL << 47) + 1, false)]
    public void Terms_that_nobody_can_have_reached_are_refused(ulong term, bool read)
    {
        byte[] bytes = Write(new() { Kind = MessageKind.Heartbeat, Stamp = Stamp.FromTerm(term) }, new LogBuffer());

        Assert.Equal(read, MessageCodec.TryRead(bytes, out _, out _));
    }

    [Theory]
    [InlineData(1, 2, 3, 3, true)]
    [InlineData(1, 2, 3, 2, false)] // an entry newer than the message
    [InlineData(1, 3, 2, 4, false)] // an entry older than the one before it
    [InlineData(3, 2, 2, 4, false)] // or than the one before the first
    public void Stamps_never_fall_along_an_append(ulong previous, ulong first, ulong second, ulong term, bool read)
    {
        var sender = new LogBuffer();
        sender.Append(Stamp.FromTerm(1), EntryKind.Command, "1"u8);
        sender.Append(Stamp.FromTerm(1), EntryKind.Command, "2"u8);
        Message message = OneEntry(MessageKind.Append) with
        {
            Stamp = Stamp.FromTerm(term),
            LogStamp = Stamp.FromTerm(previous),
            Entries = new(new(1), 2),
        };
        byte[] bytes = Write(message, sender);
        BitConverter.TryWriteBytes(bytes.AsSpan(HeadBytes), Stamp.FromTerm(first).Value);
        BitConverter.TryWriteBytes(bytes.AsSpan(HeadBytes + EntryCodec.HeadBytes + 1), Stamp.FromTerm(second).Value);

        Assert.Equal(read, MessageCodec.TryRead(bytes, out _, out _));
    }

    private static Message OneEntry(MessageKind kind) =>
        new() { Kind = kind, Stamp = Stamp.FromTerm(1), Entries = new(new(1), 1) };

    private static (Message Message, LogBuffer Log) Any(Random random)
    {
        var kind = (MessageKind)random.Next((int)MessageKind.RequestVote, (int)MessageKind.LearnReply + 1);
        var log = new LogBuffer(new((ulong)random.Next(1000)), Stamp.FromTerm((ulong)random.Next(3)));
        LogIndex previous = log.Base;
        bool byReference = kind == MessageKind.Accept && random.Next(2) == 0;
        for (int entries = Carries(kind) ? random.Next(5) : 0; entries > 0; entries--)
        {
            byte[] payload = new byte[byReference ? 0 : random.Next(40)];
            random.NextBytes(payload);
            var entryKind = (EntryKind)random.Next(1, 3);
            if (kind == MessageKind.Append)
            {
                log.Append(Stamp.FromTerm(log.LastStamp.Term + (ulong)random.Next(2)), entryKind, payload);
            }
            else if (kind == MessageKind.Promise && random.Next(3) == 0)
            {
                log.Put(log.Last + 1, default, default, EntryKind.None, []);
            }
            else
            {
                Stamp stamp = Stamp.FromBallot((ulong)random.Next(1, 9), new((ushort)random.Next(1, 9)));
                Stamp origin = random.Next(2) == 0 ? stamp : Stamp.FromBallot(0, new((ushort)random.Next(1, 9)));
                log.Put(log.Last + 1, stamp, origin, entryKind, payload);
            }
        }

        Message message = new()
        {
            Kind = kind,
            From = new((ushort)random.Next(ushort.MaxValue)),
            To = new((ushort)random.Next(ushort.MaxValue)),
            Stamp = new((ulong)random.NextInt64()),
            Index = previous,
            LogStamp = log.BaseStamp,
            Commit = new((ulong)random.NextInt64()),
            Hint = new((ulong)random.NextInt64()),
            ReadSequence = (ulong)random.NextInt64(),
            Rejected = random.Next(2) == 0,
            ByReference = byReference,
            Entries = new(previous + 1, log.Count),
        };
        return (message, log);
    }

    private static byte[] Write(Message message, LogBuffer log)
    {
        byte[] bytes = new byte[MessageCodec.Measure(message, log)];
        Assert.Equal(bytes.Length, MessageCodec.Write(message, log, bytes));
        return bytes;
    }

    private static byte[] WriteAgain(byte[] bytes)
    {
        MessageCodec.TryRead(bytes, out Message message, out EntryReader entries);
        var log = new LogBuffer(message.Index);
        while (entries.TryRead(out Stamp stamp, out EntryKind kind, out ReadOnlySpan<byte> payload))
        {
            log.Put(log.Last + 1, stamp, entries.Origin, kind, payload);
        }

        byte[] again = new byte[bytes.Length];
        Assert.Equal(bytes.Length, MessageCodec.Write(message, log, again));
        return again;
    }

    private static bool Carries(MessageKind kind) => kind is MessageKind.Append or MessageKind.Accept
        or MessageKind.Promise or MessageKind.LearnReply;

    private static byte[] Damage(byte[] bytes, Random random)
    {
        for (int times = 1 + random.Next(3); times > 0; times--)
        {
            int at = bytes.Length == 0 ? 0 : random.Next(bytes.Length);
            switch (random.Next(6))
            {
                case 0:
                    bytes = bytes[..at];
                    break;
                case 1:
                    bytes = [.. bytes, .. new byte[random.Next(1, 30)]];
                    break;
                case 2 when bytes.Length > 0:
                    bytes[at] ^= (byte)(1 << random.Next(8));
                    break;
                case 3 when bytes.Length >= HeadBytes:
                    Claim(bytes.AsSpan(random.Next(2) == 0 ? 54 : 58), random);
                    break;
                case 4 when bytes.Length >= HeadBytes + EntryCodec.HeadBytes:
                    Claim(bytes.AsSpan(HeadBytes + 9), random);
                    break;
                case 5 when bytes.Length > 0:
                    bytes[random.Next(Math.Min(2, bytes.Length))] = (byte)random.Next(256);
                    break;
            }
        }

        return bytes;
    }

    private static void Claim(Span<byte> length, Random random)
    {
        int[] claims =
            [0, 1, -1, 12, 13, 14, int.MaxValue, int.MinValue, int.MaxValue - 12, random.Next(100), random.Next()];
        BinaryPrimitives.WriteInt32LittleEndian(length, claims[random.Next(claims.Length)]);
    }
}

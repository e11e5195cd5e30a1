using System.Buffers.Binary;

namespace Concord.Consensus.Tests.Paxos;

/// <summary>Entries as bytes, with what only Multi-Paxos has: origins, gaps and names. One meaning has one
/// form.</summary>
public sealed class EntriesOnTheWireTests
{
    private const int KindAt = 8;

    [Fact]
    public void An_entry_that_was_proposed_again_says_under_which_ballot_it_was_first()
    {
        byte[] bytes = Write("2.2 4.3/2.2");

        Assert.Equal((2 * EntryCodec.HeadBytes) + EntryCodec.OriginBytes + "2.2".Length + "2.2".Length, bytes.Length);
        Assert.True(EntryReader.TryCreate(bytes, 2, out EntryReader reader));
        Assert.Equal(["2.2/2.2:2.2", "4.3/2.2:2.2"], Read(ref reader));
    }

    [Fact]
    public void A_named_entry_has_no_payload()
    {
        byte[] bytes = Write("4.3/2.2 4.3", byReference: true);

        Assert.Equal((2 * EntryCodec.HeadBytes) + EntryCodec.OriginBytes, bytes.Length);
        Assert.True(EntryReader.TryCreate(bytes, 2, out EntryReader reader, references: true));
        Assert.Equal(["4.3/2.2:", "4.3/4.3:"], Read(ref reader));
    }

    [Fact]
    public void A_gap_is_a_gap()
    {
        byte[] bytes = Write("2.2 _ 2.2");

        Assert.True(EntryReader.TryCreate(bytes, 3, out EntryReader reader, gaps: true));
        Assert.Equal(["2.2/2.2:2.2", "0.0/0.0:", "2.2/2.2:2.2"], Read(ref reader));
    }

    [Fact]
    public void Names_and_gaps_are_read_only_where_they_are_looked_for()
    {
        Assert.False(EntryReader.TryCreate(Write("4.3", byReference: true), 1, out _));
        Assert.False(EntryReader.TryCreate(Write("4.3"), 1, out _, references: true));
        Assert.False(EntryReader.TryCreate(Write("_ 4.3"), 2, out _));
    }

    /// <summary>Nothing is proposed again under an older ballot, nor under its own.</summary>
    [Theory]
    [InlineData("3.3", true)]
    [InlineData("4.3", false)]
    [InlineData("5.3", false)]
    public void An_origin_is_older_than_the_stamp(string origin, bool read)
    {
        byte[] bytes = Write("4.3/2.2");
        BinaryPrimitives.WriteUInt64LittleEndian(bytes.AsSpan(EntryCodec.HeadBytes), Tell.Ballot(origin).Value);

        Assert.Equal(read, EntryReader.TryCreate(bytes, 1, out _));
    }

    [Fact]
    public void A_named_entry_with_a_payload_is_none()
    {
        byte[] bytes = Write("4.3");
        bytes[KindAt] |= EntryCodec.ReferenceFlag;

        Assert.False(EntryReader.TryCreate(bytes, 1, out _, references: true));
    }

    /// <summary>Its bytes end where the origin would stand.</summary>
    [Fact]
    public void An_origin_that_is_cut_off_is_refused()
    {
        byte[] bytes = Write("4.3/2.2", byReference: true);
        for (int length = EntryCodec.HeadBytes; length < bytes.Length; length++)
        {
            Assert.False(EntryReader.TryCreate(bytes.AsSpan(0, length), 1, out _, references: true));
        }
    }

    [Fact]
    public void A_gap_has_nothing_in_it()
    {
        byte[] stamped = Write("_ 4.3")[..EntryCodec.HeadBytes];
        stamped[0] = 1;
        byte[] filled = Write("4.3");
        filled[KindAt] = 0;
        filled.AsSpan(0, KindAt).Clear();

        Assert.False(EntryReader.TryCreate(stamped, 1, out _, gaps: true));
        Assert.False(EntryReader.TryCreate(filled, 1, out _, gaps: true));
    }

    /// <summary>Only an acceptor holds what a name stands for.</summary>
    [Fact]
    public void Only_what_is_to_be_accepted_comes_by_name()
    {
        LogBuffer log = Tell.Entries(new(), "4.3");
        foreach (MessageKind kind in (MessageKind[])[
            MessageKind.Accept, MessageKind.Append, MessageKind.Promise, MessageKind.LearnReply])
        {
            Message message = Tell.From(kind, 2, "4.3") with { ByReference = true, Entries = new(new(1), 1) };
            byte[] bytes = new byte[MessageCodec.Measure(message, log)];
            MessageCodec.Write(message, log, bytes);

            Assert.Equal(kind == MessageKind.Accept, MessageCodec.TryRead(bytes, out _, out _));
        }
    }

    /// <summary>An entry of a newer ballot than its message was never promised by its sender.</summary>
    [Theory]
    [InlineData("4.3", true)]
    [InlineData("5.3", false)]
    public void Entries_are_not_newer_than_their_message(string entry, bool read)
    {
        LogBuffer log = Tell.Entries(new(), $"{entry} 1.2");
        Message message = Tell.From(MessageKind.Promise, 2, "4.3") with { Entries = new(new(1), 2) };
        byte[] bytes = new byte[MessageCodec.Measure(message, log)];
        MessageCodec.Write(message, log, bytes);

        Assert.Equal(read, MessageCodec.TryRead(bytes, out _, out _));
    }

    private static byte[] Write(string entries, bool byReference = false)
    {
        LogBuffer log = Tell.Entries(new(), entries);
        LogRange all = new(log.First, log.Count);
        byte[] bytes = new byte[EntryCodec.Measure(all, log, byReference)];
        Assert.Equal(bytes.Length, EntryCodec.Write(all, log, bytes, byReference));
        return bytes;
    }

    private static List<string> Read(ref EntryReader reader)
    {
        List<string> entries = [];
        while (reader.TryRead(out Stamp stamp, out _, out ReadOnlySpan<byte> payload))
        {
            string text = System.Text.Encoding.ASCII.GetString(payload);
            entries.Add($"{Tell.Text(stamp)}/{Tell.Text(reader.Origin)}:{text}");
        }

        return entries;
    }
}

using Concord.Cluster.State;
using Concord.Encoding;
using Concord.Engines;

namespace Concord.Cluster.Tests.State;

public sealed class SnapshotFormatTests
{
    public static TheoryData<int> Seeds => [.. Enumerable.Range(1, 20)];

    [Theory]
    [MemberData(nameof(Seeds))]
    public void A_loaded_keyspace_is_the_one_that_was_pinned(int seed)
    {
        var load = new RandomLoad(seed);
        (Keyspace keyspace, KeyspaceModel model) = Filled(load, writes: 1_500);
        KeyspaceModel pinned = model.Copy();
        using var writer = new SnapshotWriter(
            keyspace, 7, new(100), Consensus.Stamp.FromTerm(3), new(12_345), [1, 2, 3]);
        byte[] file = SnapshotFile.Write(writer, () => load.Write(keyspace, model));

        Keyspace loaded = SnapshotFile.Read(file);
        pinned.ShouldEqual(loaded);
        Assert.Equal(file, SnapshotFile.Write(loaded, [1, 2, 3]));
    }

    [Theory]
    [MemberData(nameof(Seeds))]
    public void A_loaded_keyspace_goes_on_as_the_one_that_was_written_does(int seed)
    {
        (Keyspace keyspace, KeyspaceModel model) = Filled(new(seed), writes: 1_000);
        (Keyspace loaded, KeyspaceModel loadedModel) = (SnapshotFile.Read(SnapshotFile.Write(keyspace)), model.Copy());
        (RandomLoad load, RandomLoad same) = (new(-seed), new(-seed));
        for (int i = 0; i < 500; i++)
        {
            load.Write(keyspace, model);
            same.Write(loaded, loadedModel);
            Assert.Equal((keyspace.Digest, keyspace.Bytes), (loaded.Digest, loaded.Bytes));
        }

        model.ShouldEqual(loaded);
        Assert.Equal(SnapshotFile.Write(keyspace), SnapshotFile.Write(loaded));
    }

    [Fact]
    public void The_head_says_what_it_is_of()
    {
        (Keyspace keyspace, _) = Filled(new(1), writes: 10);
        byte[] file = SnapshotFile.Write(keyspace, [1, 2, 3]);
        var reader = new SnapshotReader();
        reader.Feed(file);
        Assert.True(reader.IsComplete);
        Assert.Equal((7u, 100ul, 3ul), (reader.Head!.Shard, reader.Head.Index.Value, reader.Head.Stamp.Term));
        Assert.Equal((keyspace.Revision, 12_345L), (reader.Head.Revision, reader.Head.Time.Milliseconds));
        Assert.Equal([1, 2, 3], reader.Head.Extra.ToArray());
    }

    [Fact]
    public void An_empty_keyspace_has_a_snapshot_too()
    {
        var keyspace = new Keyspace();
        keyspace.SetRevision(12);
        Keyspace loaded = SnapshotFile.Read(SnapshotFile.Write(keyspace));
        Assert.Equal((0, 12L, 0UL), (loaded.Count, loaded.Revision, loaded.Digest));
    }

    [Fact]
    public void Pieces_are_of_about_a_quarter_of_a_mebibyte()
    {
        var keyspace = new Keyspace();
        for (int i = 0; i < 3_000; i++)
        {
            keyspace.Put([0, 1, 1, (byte)(i >> 8), (byte)i], new byte[1_000], default, 1);
        }

        keyspace.SetRevision(1);
        using var writer = new SnapshotWriter(keyspace, 0, default, default, default);
        var piece = new ByteWriter();
        for (int pieces = 1; !writer.WriteNext(piece); pieces++)
        {
            Assert.InRange(piece.Length, 1, SnapshotFormat.BlockBytes + 2_000);
            Assert.InRange(pieces, 1, 20);
            piece.Clear();
        }

        Assert.Throws<InvalidOperationException>(() => writer.WriteNext(piece));
    }

    [Theory]
    [InlineData(1)]
    [InlineData(7)]
    [InlineData(4_097)]
    public void Bytes_may_arrive_in_pieces_of_any_size(int pieceBytes)
    {
        (Keyspace keyspace, KeyspaceModel model) = Filled(new(pieceBytes), writes: 500);
        byte[] file = SnapshotFile.Write(keyspace);
        var reader = new SnapshotReader();
        foreach (byte[] piece in file.Chunk(pieceBytes))
        {
            Assert.False(reader.IsComplete);
            reader.Feed(piece);
        }

        model.ShouldEqual(reader.Complete());
    }

    [Fact]
    public void Every_flipped_byte_is_refused()
    {
        byte[] file = SmallFile();
        for (int at = 0; at < file.Length; at++)
        {
            foreach (byte flip in new byte[] { 1, 0x80, 0xFF })
            {
                byte[] damaged = [.. file];
                damaged[at] ^= flip;
                ShouldRefuse(damaged, $"byte {at} of {file.Length} xor {flip}");
            }
        }
    }

    [Fact]
    public void Every_missing_or_added_byte_is_refused()
    {
        byte[] file = SmallFile();
        for (int length = 0; length < file.Length; length++)
        {
            ShouldRefuse(file.AsSpan(0, length), $"cut at {length} of {file.Length}");
        }

        ShouldRefuse([.. file, 0], "a byte behind the end");
    }

    [Fact]
    public void Blocks_of_two_snapshots_do_not_fit_together()
    {
        (Keyspace keyspace, _) = Filled(new(5), writes: 30);
        byte[] first = SnapshotFile.Write(keyspace, [1]);
        byte[] second = SnapshotFile.Write(keyspace, [2]);
        int head = SnapshotFormat.HeadStartBytes + SnapshotFormat.HeadFieldBytesMin + 1 + SnapshotFormat.ChecksumBytes;
        ShouldRefuse([.. first[..head], .. second[head..]], "the head of one, the records of the other");
    }

    [Fact]
    public void A_length_that_lies_costs_no_memory()
    {
        var file = new ByteWriter();
        SnapshotFormat.WriteHead(file, new(1, default, default, 0, default, default));
        file.WriteUInt32(SnapshotFormat.BlockBytesMax);
        file.WriteUInt32(uint.MaxValue);
        file.WriteUInt32(0);
        byte[] bytes = file.ToArray();
        Assert.InRange(
            Allocations.Least(() =>
            {
                var reader = new SnapshotReader();
                reader.Feed(bytes);
                reader.Feed([1, 2, 3]);
            }),
            0,
            65_536);

        file.OverwriteUInt32(file.Length - 12, uint.MaxValue);
        ShouldRefuse(file.Written, "a block of four gibibytes");
    }

    [Fact]
    public void A_refused_reader_stays_refused()
    {
        var reader = new SnapshotReader();
        Assert.Throws<SnapshotCorruptException>(() => reader.Feed(new byte[100]));
        Assert.Throws<SnapshotCorruptException>(() => reader.Feed([1]));
        Assert.Throws<SnapshotCorruptException>(reader.Complete);
    }

    [Fact]
    public void A_newer_version_is_refused_by_its_number()
    {
        byte[] file = SmallFile();
        file[4] = 2;
        var refused = Assert.Throws<SnapshotCorruptException>(() => SnapshotFile.Read(file));
        Assert.Contains("version 2", refused.Message, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("is out of order", new byte[] { 0, 1, 2 }, new byte[] { 0, 1, 1 }, 1L, 1L)]
    [InlineData("comes twice", new byte[] { 0, 1, 1 }, new byte[] { 0, 1, 1 }, 1L, 1L)]
    [InlineData("belongs to no slot", new byte[] { 0, 1, 1 }, new byte[] { 4, 0, 1 }, 1L, 1L)]
    [InlineData("is too short", new byte[] { 0, 1, 1 }, new byte[] { 0, 2 }, 1L, 1L)]
    [InlineData("is from the future", new byte[] { 0, 1, 1 }, new byte[] { 0, 1, 2 }, 1L, 11L)]
    [InlineData("was changed before it was", new byte[] { 0, 1, 1 }, new byte[] { 0, 1, 2 }, 2L, 1L)]
    [InlineData("never came into being", new byte[] { 0, 1, 1 }, new byte[] { 0, 1, 2 }, 0L, 1L)]
    public void A_record_with_a_good_checksum_is_still_checked(
        string what, byte[] first, byte[] second, long created, long modified)
    {
        var file = new ByteWriter();
        uint checksum = SnapshotFormat.WriteHead(file, new(1, default, default, 10, default, default));
        var records = new ByteWriter();
        foreach ((byte[] key, long create, long modify) in new[] { (first, 1L, 1L), (second, created, modified) })
        {
            records.WriteBytes(key);
            records.WriteBytes([]);
            records.WriteInt64(create);
            records.WriteInt64(modify);
            records.WriteUInt64(0);
        }

        int start = file.Length;
        file.WriteInt32(records.Length);
        file.WriteUInt32(2);
        file.WriteUInt32(SnapshotFormat.ChecksumOf(file.Written[start..], records.Written, checksum));
        file.WriteRaw(records.Written);
        ShouldRefuse(file.Written, what);
    }

    private static byte[] SmallFile()
    {
        var keyspace = new Keyspace();
        for (byte i = 0; i < 5; i++)
        {
            keyspace.Put([0, i, 1, 7], [1, 2, 3], new(i), i + 1);
        }

        keyspace.SetRevision(9);
        return SnapshotFile.Write(keyspace, [4, 5]);
    }

    private static (Keyspace Keyspace, KeyspaceModel Model) Filled(RandomLoad load, int writes)
    {
        (var keyspace, var model) = (new Keyspace(), new KeyspaceModel());
        for (int i = 0; i < writes; i++)
        {
            load.Write(keyspace, model);
        }

        return (keyspace, model);
    }

    private static void ShouldRefuse(ReadOnlySpan<byte> file, string what)
    {
        try
        {
            SnapshotFile.Read(file);
        }
        catch (SnapshotCorruptException)
        {
            return;
        }

        Assert.Fail($"It was taken although {what}.");
    }
}

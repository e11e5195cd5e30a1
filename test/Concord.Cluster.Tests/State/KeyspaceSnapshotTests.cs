using Concord.Cluster.State;
using Concord.Encoding;
using Concord.Engines;

namespace Concord.Cluster.Tests.State;

public sealed class KeyspaceSnapshotTests
{
    public static TheoryData<int> Seeds => [.. Enumerable.Range(1, 60)];

    [Theory]
    [MemberData(nameof(Seeds))]
    public void It_reads_what_was_pinned_whatever_is_written_meanwhile(int seed)
    {
        var load = new RandomLoad(seed);
        var keyspace = new Keyspace();
        var model = new KeyspaceModel();
        for (int round = 0; round < 6; round++)
        {
            Write(load, keyspace, model, count: 400, deletesOf10: 3);
            KeyspaceModel pinned = model.Copy();
            ulong digest = keyspace.Digest;
            bool isAbandoned = load.Random.Next(4) == 0;
            using (KeyspaceSnapshot snapshot = keyspace.OpenSnapshot())
            {
                var slices = new ByteWriter();
                while (!snapshot.ReadSlice(slices, load.Random.Next(1, 40), load.Random.Next(1, 5_000)))
                {
                    Write(load, keyspace, model, load.Random.Next(30), load.Random.Next(1, 9));
                    if (isAbandoned && load.Random.Next(10) == 0)
                    {
                        break;
                    }
                }

                if (snapshot.IsFinished)
                {
                    Write(load, keyspace, model, count: 50, deletesOf10: 5);
                    Assert.Equal((pinned.Revision, digest), (snapshot.Revision, snapshot.Digest));
                    ShouldList(pinned, slices.Written);
                }

                model.ShouldEqual(keyspace);
            }

            model.ShouldEqual(keyspace);
        }

        DeleteAll(keyspace, model);
        Assert.Equal(0, keyspace.Records.Slabs.UsedBytes);
    }

    [Fact]
    public void A_slice_is_bounded_by_records_looked_at_and_by_bytes()
    {
        var keyspace = new Keyspace();
        for (int i = 0; i < 100; i++)
        {
            keyspace.Put([0, 1, 1, (byte)i], new byte[100], default, 1);
        }

        keyspace.SetRevision(1);
        using KeyspaceSnapshot snapshot = keyspace.OpenSnapshot();
        for (int i = 100; i < 200; i++)
        {
            keyspace.Put([0, 0, 1, (byte)i], new byte[100], default, 2);
        }

        var target = new ByteWriter();
        Assert.False(snapshot.ReadSlice(target, 60, int.MaxValue));
        Assert.Equal(0, snapshot.RecordsRead);
        Assert.False(snapshot.ReadSlice(target, 60, int.MaxValue));
        Assert.Equal(20, snapshot.RecordsRead);
        Assert.False(snapshot.ReadSlice(target, 60, 100));
        Assert.Equal(21, snapshot.RecordsRead);
        Assert.True(snapshot.ReadSlice(target, 1_000, int.MaxValue));
        Assert.Equal(100, snapshot.RecordsRead);
        Assert.True(snapshot.ReadSlice(target, 1, 1));
    }

    [Fact]
    public void One_is_open_at_a_time()
    {
        var keyspace = new Keyspace();
        KeyspaceSnapshot first = keyspace.OpenSnapshot();
        Assert.Throws<InvalidOperationException>(keyspace.OpenSnapshot);
        first.Dispose();
        first.Dispose();
        using KeyspaceSnapshot second = keyspace.OpenSnapshot();
        Assert.Throws<ObjectDisposedException>(() => first.ReadSlice(new(), 1, 1));
    }

    [Fact]
    public void What_has_been_read_needs_no_old_versions()
    {
        var keyspace = new Keyspace();
        keyspace.Put([0, 1, 1], new byte[1_000], default, 1);
        keyspace.Put([0, 2, 1], new byte[1_000], default, 1);
        keyspace.SetRevision(1);
        long used = keyspace.Records.Slabs.UsedBytes;
        using KeyspaceSnapshot snapshot = keyspace.OpenSnapshot();
        snapshot.ReadSlice(new(), 1, int.MaxValue);
        keyspace.Put([0, 1, 1], new byte[1_000], default, 2);
        Assert.Equal(used, keyspace.Records.Slabs.UsedBytes);
        keyspace.Put([0, 2, 1], new byte[1_000], default, 2);
        keyspace.Put([0, 2, 1], new byte[1_000], default, 3);
        Assert.Equal(used + SizeClasses.BlockBytes(SizeClasses.Of(1_000)), keyspace.Records.Slabs.UsedBytes);
        snapshot.ReadSlice(new(), 1, int.MaxValue);
        Assert.Equal(used, keyspace.Records.Slabs.UsedBytes);
    }

    private static void Write(RandomLoad load, Keyspace keyspace, KeyspaceModel model, int count, int deletesOf10)
    {
        for (int i = 0; i < count; i++)
        {
            load.Write(keyspace, model, deletesOf10);
        }
    }

    private static void DeleteAll(Keyspace keyspace, KeyspaceModel model)
    {
        foreach (byte[] key in model.Records.Keys)
        {
            keyspace.Delete(key, keyspace.Revision + 1);
        }
    }

    private static void ShouldList(KeyspaceModel model, ReadOnlySpan<byte> slices)
    {
        var reader = new ByteReader(slices);
        foreach ((byte[] key, ModelRecord expected) in model.Records)
        {
            RecordView record = SnapshotFormat.ReadRecord(ref reader);
            expected.ShouldEqual(key, record);
        }

        Assert.Equal(0, reader.Remaining);
    }
}

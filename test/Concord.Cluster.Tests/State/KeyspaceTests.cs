using Concord.Cluster.State;
using Concord.Consensus;
using Concord.Engines;

namespace Concord.Cluster.Tests.State;

public sealed class KeyspaceTests
{
    public static TheoryData<int> Seeds => [.. Enumerable.Range(1, 30)];

    [Theory]
    [MemberData(nameof(Seeds))]
    public void It_does_what_a_sorted_dictionary_does(int seed)
    {
        var load = new RandomLoad(seed);
        var keyspace = new Keyspace();
        var model = new KeyspaceModel();
        for (int i = 0; i < 3_000; i++)
        {
            load.Write(keyspace, model, deletesOf10: i / 1_000 % 2 == 0 ? 2 : 7);
            AskAtRandom(load, keyspace, model);
            if (i % 500 == 0)
            {
                model.ShouldEqual(keyspace);
            }
        }

        model.ShouldEqual(keyspace);
        foreach (byte[] key in model.Records.Keys.ToArray())
        {
            Assert.True(keyspace.Delete(key, keyspace.Revision + 1));
        }

        Assert.Equal((0, 0L, 0UL), (keyspace.Count, keyspace.Bytes, keyspace.Digest));
    }

    [Fact]
    public void Records_of_many_slots_stay_apart()
    {
        var keyspace = new Keyspace();
        var model = new KeyspaceModel();
        for (int i = 0; i < 20_000; i++)
        {
            byte[] key = RecordKey.Named(RecordKind.Value, "shop", $"stock/{i}");
            keyspace.Put(key, key, default, i + 1);
            model.Put(key, key, 0, i + 1);
        }

        keyspace.SetRevision(model.Revision = 20_000);
        model.ShouldEqual(keyspace);
    }

    [Fact]
    public void A_range_may_begin_before_its_prefix_but_never_leaves_it()
    {
        var keyspace = new Keyspace();
        keyspace.Put([0, 1, 5, 7], [], default, 1);
        keyspace.Put([0, 2, 5, 7], [], default, 1);
        Assert.True(keyspace.TryNext([0, 1], [], out RecordView first));
        Assert.Equal([0, 1, 5, 7], first.Key.ToArray());
        Assert.True(keyspace.TryNext([0, 1, 5], [0, 0, 9], out _));
        Assert.False(keyspace.TryNext([0, 1], [0, 1, 5, 7], out _));
        Assert.False(keyspace.TryNext([0, 1, 4], [], out _));
        Assert.False(keyspace.TryNext([0, 1], [0, 2], out _));
        Assert.False(keyspace.TryNext([0, 3], [], out _));
    }

    [Fact]
    public void The_digest_sees_key_value_revisions_and_owner()
    {
        ulong[] digests =
        [
            Digest([0, 1, 1], [1], 0, 1), Digest([0, 1, 2], [1], 0, 1), Digest([0, 1, 1], [2], 0, 1),
            Digest([0, 1, 1], [1], 9, 1), Digest([0, 1, 1], [1], 0, 2), Digest([0, 1, 1], [1, 0], 0, 1),
            Digest([0, 1, 1], [1], 0, 1, 2),
        ];
        Assert.Equal(digests.Length, digests.Distinct().Count());
        Assert.DoesNotContain(0UL, digests);
    }

    [Fact]
    public void Bytes_and_digest_do_not_remember_the_way()
    {
        var direct = new Keyspace();
        var winding = new Keyspace();
        foreach (int i in Enumerable.Range(0, 500))
        {
            winding.Put([0, 1, 1, (byte)(i >> 8), (byte)i], new byte[i * 7], new(3), i + 1);
            winding.Delete([0, 1, 1, (byte)(i >> 8), (byte)i], i + 1);
        }

        foreach (int i in Enumerable.Range(0, 200))
        {
            winding.Put([0, 1, 1, 9, (byte)(199 - i)], new byte[300], new(4), 1_000);
            direct.Put([0, 1, 1, 9, (byte)i], new byte[300], new(4), 1_000);
        }

        Assert.Equal((direct.Count, direct.Bytes, direct.Digest), (winding.Count, winding.Bytes, winding.Digest));
    }

    [Theory]
    [InlineData(1)]
    [InlineData(5_000)]
    [InlineData(Keyspace.ValueBytesMax)]
    public void Memory_does_not_grow_under_overwriting(int valueBytesMax)
    {
        var random = new Random(valueBytesMax);
        var keyspace = new Keyspace();
        long held = 0;
        for (int i = 0; i < 4_000; i++)
        {
            held = i == 2_000 ? keyspace.HeldBytes : held;
            byte[] value = new byte[i % 20 == 0 ? valueBytesMax : random.Next(Math.Min(valueBytesMax, 5_000) + 1)];
            keyspace.Put([0, 1, 1, (byte)(i % 20)], value, default, i + 1);
        }

        long limit = held + (4 * SizeClasses.SlabBytes);
        Assert.True(keyspace.HeldBytes <= limit, $"from {held} to {keyspace.HeldBytes} bytes");
    }

    [Fact]
    public void A_value_may_be_written_from_the_view_of_another_or_of_itself()
    {
        var keyspace = new Keyspace();
        byte[] value = [.. Enumerable.Range(0, 200).Select(i => (byte)i)];
        keyspace.Put([0, 1, 1], value, default, 1);
        keyspace.TryGet([0, 1, 1], out RecordView view);
        keyspace.Put([0, 1, 1], view.Value[100..], default, 2);
        keyspace.TryGet([0, 1, 1], out view);
        Assert.Equal(value[100..], view.Value.ToArray());
        keyspace.Put([0, 1, 1], view.Value[1..], default, 3);
        keyspace.TryGet([0, 1, 1], out view);
        Assert.Equal(value[101..], view.Value.ToArray());
    }

    [Fact]
    public void The_revision_never_goes_back_and_writes_come_after_it()
    {
        var keyspace = new Keyspace();
        keyspace.SetRevision(10);
        Assert.Throws<InvariantViolationException>(() => keyspace.SetRevision(9));
        Assert.Throws<InvariantViolationException>(() => keyspace.Put([0, 1, 1], [], default, 10));
        Assert.Throws<InvariantViolationException>(() => keyspace.Delete([0, 1, 1], 10));
    }

    [Fact]
    public void Keys_of_no_slot_are_refused()
    {
        var keyspace = new Keyspace();
        Assert.Throws<ArgumentException>(() => keyspace.Put([4, 0, 1], [], default, 1));
        Assert.Throws<ArgumentException>(() => keyspace.TryGet([0xFF, 0xFE, 1], out _));
        Assert.Throws<ArgumentException>(() => keyspace.TryNext([0], [], out _));
        byte[] tooLong = new byte[Keyspace.KeyBytesMax + 1];
        Assert.Throws<InvariantViolationException>(() => keyspace.Put(tooLong, [], default, 1));
        Assert.Equal((0, 0L), (keyspace.Count, keyspace.Bytes));
    }

    private static ulong Digest(byte[] key, byte[] value, ulong owner, params long[] revisions)
    {
        var keyspace = new Keyspace();
        Array.ForEach(revisions, revision => keyspace.Put(key, value, new(owner), revision));
        return keyspace.Digest;
    }

    private static void AskAtRandom(RandomLoad load, Keyspace keyspace, KeyspaceModel model)
    {
        (byte[] key, byte[] prefix, byte[] after) = (load.Key(), load.Prefix(), load.Key());
        bool exists = model.Records.TryGetValue(key, out ModelRecord? expected);
        Assert.Equal(exists, keyspace.TryGet(key, out RecordView view));
        expected?.ShouldEqual(key, view);

        KeyValuePair<byte[], ModelRecord>? next = model.Next(prefix, after);
        Assert.Equal(next is not null, keyspace.TryNext(prefix, after, out view));
        next?.Value.ShouldEqual(next.Value.Key, view);

        ulong owner = load.Owner();
        KeyValuePair<byte[], ModelRecord>? owned = model.Owned(owner);
        Assert.Equal(owned is not null, keyspace.TryOwned(new(owner), out view));
        owned?.Value.ShouldEqual(owned.Value.Key, view);
    }
}

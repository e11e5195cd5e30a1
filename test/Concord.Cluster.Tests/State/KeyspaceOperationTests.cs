using Concord.Cluster.State;
using Concord.Consensus;
using Concord.Engines;

namespace Concord.Cluster.Tests.State;

public sealed class KeyspaceOperationTests
{
    private readonly Keyspace _keyspace = new();
    private readonly KeyspaceOperation _operation;

    public KeyspaceOperationTests() => _operation = new(_keyspace);

    public static TheoryData<int> Seeds => [.. Enumerable.Range(1, 30)];

    [Theory]
    [MemberData(nameof(Seeds))]
    public void It_sees_what_would_be_if_its_writes_had_happened(int seed)
    {
        var load = new RandomLoad(seed);
        var committed = new KeyspaceModel();
        for (int i = 0; i < 150; i++)
        {
            KeyspaceModel model = committed.Copy();
            ulong digest = _keyspace.Digest;
            _operation.Begin(new(i));
            for (int step = load.Random.Next(20); step >= 0; step--)
            {
                Write(load, model);
                Ask(load, model);
            }

            if (load.Random.Next(3) > 0)
            {
                model.Revision += _operation.HasWrites ? 1 : 0;
                Assert.Equal(model.Revision, _operation.Commit());
                committed = model;
            }
            else
            {
                _operation.Discard();
                Assert.Equal(digest, _keyspace.Digest);
            }

            Assert.Equal(committed.Revision, _keyspace.Revision);
            if (i % 15 == 14)
            {
                committed.ShouldEqual(_keyspace);
            }
        }
    }

    [Fact]
    public void All_writes_of_an_operation_have_one_revision()
    {
        _keyspace.SetRevision(41);
        _operation.Begin(new(7));
        Assert.Equal(7, _operation.Now.Milliseconds);
        _operation.Put(Key(1), [1]);
        _operation.Put(Key(2), [2]);
        Assert.Equal(42, _operation.Commit());
        Assert.Equal(42, _keyspace.Revision);
        Assert.Equal((42L, 42L), Revisions(Key(1)));
        Assert.Equal((42L, 42L), Revisions(Key(2)));
    }

    [Fact]
    public void What_changes_nothing_takes_no_revision()
    {
        _operation.Begin(default);
        _operation.Delete(Key(1));
        _operation.Put(Key(2), [2]);
        _operation.Delete(Key(2));
        Assert.False(_operation.TryGet(Key(2), out _));
        Assert.False(_operation.HasWrites);
        Assert.Equal(0, _operation.Commit());
        Assert.Equal(0, _keyspace.Count);
    }

    [Fact]
    public void What_is_deleted_and_put_again_comes_into_being_anew()
    {
        Commit(operation => operation.Put(Key(1), [1]));
        Commit(operation => operation.Put(Key(1), [2]));
        Assert.Equal((1L, 2L), Revisions(Key(1)));
        Commit(operation =>
        {
            operation.Delete(Key(1));
            operation.Put(Key(1), [3]);
            Assert.True(operation.TryGet(Key(1), out RecordView staged));
            Assert.Equal(3, staged.CreateRevision);
        });
        Assert.Equal((3L, 3L), Revisions(Key(1)));
    }

    [Fact]
    public void One_record_too_many_is_refused_and_then_nothing_can_be_committed()
    {
        _operation.Begin(default);
        for (int i = 0; i < KeyspaceOperation.RecordsMax; i++)
        {
            _operation.Put(Key(i), [1]);
        }

        _operation.Put(Key(0), [2]);
        Assert.True(_operation.TryGet(Key(KeyspaceOperation.RecordsMax - 1), out _));
        Assert.Equal(KeyspaceOperation.RecordsMax, _operation.RecordsTouched);
        Assert.Throws<InvalidOperationException>(() => _operation.TryGet(Key(KeyspaceOperation.RecordsMax), out _));
        Assert.Throws<InvalidOperationException>(() => _operation.Put(Key(KeyspaceOperation.RecordsMax), []));
        Assert.Throws<InvariantViolationException>(() => _operation.Commit());
        _operation.Discard();
        Assert.Equal((0, 0L), (_keyspace.Count, _keyspace.Revision));
    }

    [Fact]
    public void Reading_counts_as_touching()
    {
        for (int i = 0; i < KeyspaceOperation.RecordsMax + 6; i++)
        {
            Commit(operation => operation.Put(Key(i), [], new(5)));
        }

        _operation.Begin(default);
        Assert.Throws<InvalidOperationException>(() =>
        {
            byte[] after = [];
            while (_operation.TryNext(Key(0).AsSpan(0, 3), after, out RecordView record))
            {
                after = record.Key.ToArray();
            }
        });
        _operation.Discard();
        _operation.Begin(default);
        for (int i = 0; i < 100; i++)
        {
            Assert.True(_operation.TryOwned(new(5), out _));
        }

        Assert.Equal(1, _operation.RecordsTouched);
    }

    [Fact]
    public void Sweeping_what_a_session_owns_ends()
    {
        for (int i = 0; i < 60; i++)
        {
            Commit(operation => operation.Put(Key(i), [], new(5)));
        }

        int swept = 0;
        Commit(operation =>
        {
            while (operation.TryOwned(new(5), out RecordView record))
            {
                operation.Delete(record.Key);
                swept++;
            }
        });
        Assert.Equal((60, 0), (swept, _keyspace.Count));
    }

    [Fact]
    public void Bad_keys_and_values_are_refused_before_anything_happens()
    {
        _operation.Begin(default);
        Assert.Throws<InvalidOperationException>(() => _operation.Put([0, 1], []));
        Assert.Throws<InvalidOperationException>(() => _operation.Put([4, 0, 1], []));
        Assert.Throws<InvalidOperationException>(() => _operation.Put(new byte[Keyspace.KeyBytesMax + 1], []));
        Assert.Throws<InvalidOperationException>(() => _operation.Put(Key(1), new byte[Keyspace.ValueBytesMax + 1]));
        Assert.Throws<InvalidOperationException>(() => _operation.TryGet([], out _));
        Assert.Throws<InvalidOperationException>(() => _operation.TryNext([0], [], out _));
        Assert.Throws<InvalidOperationException>(() => _operation.TryNext([4, 0], [], out _));
        Assert.Throws<InvalidOperationException>(() => _operation.Delete([]));
    }

    [Fact]
    public void One_operation_runs_at_a_time_and_only_between_begin_and_end()
    {
        Assert.Throws<InvariantViolationException>(() => _operation.Put(Key(1), []));
        _operation.Begin(default);
        Assert.Throws<InvariantViolationException>(() => _operation.Begin(default));
        _operation.Discard();
        Assert.Throws<InvariantViolationException>(() => _operation.Commit());
        Assert.Throws<InvariantViolationException>(() => _operation.Discard());
    }

    [Fact]
    public void A_value_may_be_put_from_what_was_read()
    {
        byte[] value = [.. Enumerable.Range(0, 10_000).Select(i => (byte)i)];
        Commit(operation => operation.Put(Key(1), value));
        Commit(operation =>
        {
            operation.TryGet(Key(1), out RecordView record);
            operation.Put(Key(2), record.Value);
            operation.TryGet(Key(2), out record);
            operation.Put(Key(1), record.Value[1..]);
            operation.TryGet(Key(1), out record);
            operation.Put(Key(1), record.Value[1..]);
        });
        Assert.True(_keyspace.TryGet(Key(1), out RecordView found));
        Assert.Equal(value[2..], found.Value.ToArray());
    }

    [Theory]
    [InlineData(0)]
    [InlineData(256)]
    [InlineData(100_000)]
    public void Overwriting_allocates_nothing(int valueBytes)
    {
        byte[][] keys = [.. Enumerable.Range(0, 64).Select(Key)];
        byte[] value = new byte[valueBytes];
        Overwrite();

        Assert.Equal(0, Allocations.Least(Overwrite));

        void Overwrite()
        {
            for (int i = 0; i < 320; i++)
            {
                _operation.Begin(new(i));
                _operation.TryGet(keys[i % 64], out _);
                _operation.Put(keys[i % 64], value.AsSpan(0, valueBytes - (i % 64 * valueBytes / 640)), new(1));
                _operation.Put(keys[(i + 1) % 64], value, new((ulong)i % 3));
                _operation.Commit();
            }
        }
    }

    private static byte[] Key(int number) => [0, 1, 1, (byte)(number >> 8), (byte)number];

    private void Write(RandomLoad load, KeyspaceModel model)
    {
        byte[] key = load.Key();
        if (load.Random.Next(2) == 0)
        {
            _operation.Delete(key);
            model.Records.Remove(key);
        }
        else
        {
            (byte[] value, ulong owner) = (load.Value(), load.Owner());
            _operation.Put(key, value, new(owner));
            model.Put(key, value, owner, model.Revision + 1);
        }
    }

    private void Ask(RandomLoad load, KeyspaceModel model)
    {
        (byte[] key, byte[] prefix, byte[] after) = (load.Key(), load.Prefix(), load.Key());
        bool exists = model.Records.TryGetValue(key, out ModelRecord? expected);
        Assert.Equal(exists, _operation.TryGet(key, out RecordView view));
        expected?.ShouldEqual(key, view);

        KeyValuePair<byte[], ModelRecord>? next = model.Next(prefix, after);
        Assert.Equal(next is not null, _operation.TryNext(prefix, after, out view));
        next?.Value.ShouldEqual(next.Value.Key, view);

        KeyValuePair<byte[], ModelRecord>? owned = model.Owned(2);
        Assert.Equal(owned is not null, _operation.TryOwned(new(2), out view));
        owned?.Value.ShouldEqual(owned.Value.Key, view);
    }

    private void Commit(Action<KeyspaceOperation> body)
    {
        _operation.Begin(default);
        body(_operation);
        _operation.Commit();
    }

    private (long Created, long Modified) Revisions(byte[] key)
    {
        Assert.True(_keyspace.TryGet(key, out RecordView record));
        return (record.CreateRevision, record.ModRevision);
    }
}

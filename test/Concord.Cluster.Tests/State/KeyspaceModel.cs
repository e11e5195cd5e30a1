using Concord.Cluster.State;
using Concord.Engines;

namespace Concord.Cluster.Tests.State;

/// <summary>A keyspace that is too simple to be wrong.</summary>
internal sealed class KeyspaceModel
{
    public static readonly Comparer<byte[]> ByBytes =
        Comparer<byte[]>.Create((left, right) => left.AsSpan().SequenceCompareTo(right));

    public SortedDictionary<byte[], ModelRecord> Records { get; private init; } = new(ByBytes);

    public long Revision { get; set; }

    public KeyspaceModel Copy() => new() { Records = new(Records, ByBytes), Revision = Revision };

    public void Put(byte[] key, byte[] value, ulong owner, long revision)
    {
        long created = Records.TryGetValue(key, out ModelRecord? old) ? old.Created : revision;
        Records[key] = new(value, created, revision, owner);
    }

    public KeyValuePair<byte[], ModelRecord>? Next(byte[] prefix, byte[] after) => First(pair =>
        pair.Key.AsSpan().StartsWith(prefix) && pair.Key.AsSpan().SequenceCompareTo(after) > 0);

    public KeyValuePair<byte[], ModelRecord>? Owned(ulong owner) =>
        First(pair => owner != 0 && pair.Value.Owner == owner);

    /// <summary>Fails unless the keyspace holds exactly this, whichever way it is asked.</summary>
    public void ShouldEqual(Keyspace keyspace)
    {
        Assert.Equal(Records.Count, keyspace.Count);
        Assert.Equal(Revision, keyspace.Revision);
        Assert.Equal(keyspace.ComputeDigest(), keyspace.Digest);
        foreach ((byte[] key, ModelRecord record) in Records)
        {
            Assert.True(keyspace.TryGet(key, out RecordView view));
            record.ShouldEqual(key, view);
        }

        foreach (IGrouping<ushort, byte[]> slot in Records.Keys.GroupBy(key => RecordKey.SlotOf(key).Value))
        {
            byte[] prefix = [(byte)(slot.Key >> 8), (byte)slot.Key];
            byte[] after = [];
            foreach (byte[] key in slot)
            {
                Assert.True(keyspace.TryNext(prefix, after, out RecordView view));
                Assert.Equal(key, view.Key.ToArray());
                after = key;
            }

            Assert.False(keyspace.TryNext(prefix, after, out _));
        }

        ILookup<ulong, byte[]> owned = Records.Keys.ToLookup(key => Records[key].Owner);
        foreach (IGrouping<ulong, byte[]> owner in owned.Where(group => group.Key != 0))
        {
            byte[] after = [];
            foreach (byte[] key in owner)
            {
                Assert.True(keyspace.TryOwned(new(owner.Key), after, out RecordView view));
                Assert.Equal(key, view.Key.ToArray());
                after = key;
            }

            Assert.False(keyspace.TryOwned(new(owner.Key), after, out _));
        }
    }

    private KeyValuePair<byte[], ModelRecord>? First(Func<KeyValuePair<byte[], ModelRecord>, bool> fits)
    {
        foreach (KeyValuePair<byte[], ModelRecord> pair in Records)
        {
            if (fits(pair))
            {
                return pair;
            }
        }

        return null;
    }
}

internal sealed record ModelRecord(byte[] Value, long Created, long Modified, ulong Owner)
{
    public void ShouldEqual(ReadOnlySpan<byte> key, RecordView view)
    {
        Assert.True(key.SequenceEqual(view.Key), "another key was found");
        Assert.True(Value.AsSpan().SequenceEqual(view.Value), "another value was found");
        Assert.Equal((Created, Modified, Owner), (view.CreateRevision, view.ModRevision, view.Owner.Value));
    }
}

using Concord.Cluster.State;

namespace Concord.Cluster.Tests.State;

/// <summary>Keys that meet often, values of every size, and writes to a keyspace and its model alike.</summary>
internal sealed class RandomLoad(int seed)
{
    private static readonly ushort[] s_slots = [0, 1, 700, 1023, 0xFFFF];

    public Random Random { get; } = new(seed);

    public byte[] Key() => [.. Prefix(3), .. Tail()];

    /// <summary>A slot, and a kind with probability one half or if <paramref name="bytesMin"/> asks for it.</summary>
    public byte[] Prefix(int bytesMin = 2)
    {
        ushort slot = s_slots[Random.Next(s_slots.Length)];
        byte[] prefix = [(byte)(slot >> 8), (byte)slot, (byte)Random.Next(1, 3)];
        return prefix[..Random.Next(bytesMin, 4)];
    }

    public byte[] Value()
    {
        int length = Random.Next(2000) switch
        {
            0 => Random.Next(Keyspace.ValueBytesMax + 1),
            < 20 => Random.Next(70_000),
            < 200 => Random.Next(5_000),
            < 400 => 0,
            _ => Random.Next(200),
        };
        byte[] value = new byte[length];
        Random.NextBytes(value);
        return value;
    }

    public ulong Owner() => (ulong)Math.Max(0, Random.Next(-3, 4));

    /// <summary>One put or deletion under the next revision.</summary>
    public void Write(Keyspace keyspace, KeyspaceModel model, int deletesOf10 = 4)
    {
        byte[] key = Key();
        long revision = keyspace.Revision + Random.Next(1, 3);
        if (Random.Next(10) < deletesOf10)
        {
            Assert.Equal(model.Records.Remove(key), keyspace.Delete(key, revision));
        }
        else
        {
            (byte[] value, ulong owner) = (Value(), Owner());
            keyspace.Put(key, value, new(owner), revision);
            model.Put(key, value, owner, revision);
        }

        keyspace.SetRevision(revision);
        model.Revision = revision;
    }

    private byte[] Tail()
    {
        int length = Random.Next(100) == 0 ? Random.Next(Keyspace.KeyBytesMax - 3 + 1) : Random.Next(4);
        byte[] tail = new byte[length];
        for (int i = 0; i < length; i++)
        {
            tail[i] = i < 4 ? (byte)Random.Next(6) : (byte)0xFF;
        }

        return tail;
    }
}

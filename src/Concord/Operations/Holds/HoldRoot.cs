using Concord.Encoding;
using Concord.Engines;

namespace Concord.Operations.Holds;

/// <summary>
/// The root of a lock, an election, a semaphore or a group: version 1, flags 1, mode 1, holds 4, permits 8, waiting 4,
/// next place 8, limit 4, last token 8. Written at every change of anything beside it, so whoever has read the root
/// can tell that nothing has changed. Gone when nobody holds and nobody waits: names cost nothing once they are idle,
/// and tokens come from the revision, which never goes back.
/// </summary>
internal struct HoldRoot
{
    private const byte Version = 1;
    private const byte LimitFlag = 1;
    private const int Bytes = 39;

    /// <summary>False for a root that comes into being with the next <see cref="Save"/>.</summary>
    public bool Exists { get; private set; }

    /// <summary>The limit was set, and not only asked for by the first who came: it outlives the holds.</summary>
    public bool IsLimitSet { get; set; }

    /// <summary>In which mode it is held, if it is.</summary>
    public HoldMode Mode { get; private set; }

    /// <summary>How many Hold records there are.</summary>
    public int Holds { get; private set; }

    /// <summary>The sum of their counts.</summary>
    public long Permits { get; private set; }

    /// <summary>How many stand in line.</summary>
    public int Waiting { get; private set; }

    /// <summary>The number of the next place in line.</summary>
    public ulong NextPlace { get; private set; }

    /// <summary>How many permits there are.</summary>
    public int Limit { get; set; }

    /// <summary>The greatest token of a hold that has ended, of those known here.</summary>
    public long LastToken { get; private set; }

    public static HoldRoot Read(IKeyspace keys, scoped ReadOnlySpan<byte> root)
    {
        if (!keys.TryGet(root, out RecordView record))
        {
            return default;
        }

        var reader = new ByteReader(record.Value);
        byte version = reader.ReadByte();
        if (version != Version)
        {
            throw new MalformedDataException($"Malformed data: version {version} of the root of holds.");
        }

        var state = new HoldRoot
        {
            Exists = true,
            IsLimitSet = (reader.ReadByte() & LimitFlag) != 0,
            Mode = (HoldMode)reader.ReadByte(),
            Holds = reader.ReadInt32(),
            Permits = reader.ReadInt64(),
            Waiting = reader.ReadInt32(),
            NextPlace = reader.ReadUInt64(),
            Limit = reader.ReadInt32(),
            LastToken = reader.ReadInt64(),
        };
        reader.End();
        return state;
    }

    public void Granted(in HoldTerms terms)
    {
        Mode = terms.Mode;
        Holds = checked(Holds + 1);
        Permits += terms.Count;
    }

    public void Ended(int count, long token)
    {
        Require(Holds > 0);
        Holds--;
        Permits -= count;
        LastToken = Math.Max(LastToken, token);
    }

    /// <summary>Somebody came into the line.</summary>
    /// <returns>The number of the place.</returns>
    public ulong Joined()
    {
        Waiting = checked(Waiting + 1);
        return NextPlace++;
    }

    public void Left()
    {
        Require(Waiting > 0);
        Waiting--;
    }

    public readonly void Save(IKeyspace keys, scoped ReadOnlySpan<byte> root)
    {
        if (Holds == 0 && Waiting == 0 && !IsLimitSet)
        {
            keys.Delete(root);
            RootTimer.Clear(keys, root);
            return;
        }

        var value = new ByteWriter(Bytes);
        value.WriteByte(Version);
        value.WriteByte(IsLimitSet ? LimitFlag : (byte)0);
        value.WriteByte((byte)Mode);
        value.WriteInt32(Holds);
        value.WriteInt64(Permits);
        value.WriteInt32(Waiting);
        value.WriteUInt64(NextPlace);
        value.WriteInt32(Limit);
        value.WriteInt64(LastToken);
        keys.Put(root, value.Written);
    }

    private static void Require(bool isThere)
    {
        if (!isThere)
        {
            throw new MalformedDataException("Malformed data: a root counts less than there is beside it.");
        }
    }
}

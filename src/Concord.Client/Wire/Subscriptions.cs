using Concord.Encoding;
using Concord.Engines;

namespace Concord.Client.Wire;

/// <summary>What a subscriber wants to be told.</summary>
internal enum SubscriptionKind : byte
{
    /// <summary>What a session holds.</summary>
    Inbox = 1,

    /// <summary>The records behind a prefix.</summary>
    Watch = 2,
}

/// <summary>A subscription as it is asked for: id 8, shard 4, kind 1, then the session or the prefix.</summary>
internal readonly ref struct SubscribeRequest
{
    public ulong Id { get; init; }

    public uint Shard { get; init; }

    public SubscriptionKind Kind { get; init; }

    public SessionId Session { get; init; }

    public ReadOnlySpan<byte> Prefix { get; init; }

    public void Write(FrameWriter frames)
    {
        ByteWriter writer = frames.Begin(WireKind.Subscribe);
        writer.WriteUInt64(Id);
        writer.WriteUInt32(Shard);
        writer.WriteByte((byte)Kind);
        if (Kind == SubscriptionKind.Inbox)
        {
            writer.WriteUInt64(Session.Value);
        }
        else
        {
            writer.WriteRaw(Prefix);
        }

        frames.End();
    }

    /// <summary>Reads what follows id and shard, by which the node finds its way.</summary>
    public static SubscribeRequest Read(ulong id, uint shard, ref ByteReader reader)
    {
        var kind = (SubscriptionKind)reader.ReadByte();
        switch (kind)
        {
            case SubscriptionKind.Inbox:
                var session = new SessionId(reader.ReadUInt64());
                reader.End();
                return new() { Id = id, Shard = shard, Kind = kind, Session = session };
            case SubscriptionKind.Watch:
                return new() { Id = id, Shard = shard, Kind = kind, Prefix = reader.Rest };
            default:
                throw new MalformedDataException($"Malformed data: subscription {(byte)kind}.");
        }
    }
}

/// <summary>What an <see cref="InboxEvent"/> says.</summary>
internal enum InboxEventKind : byte
{
    /// <summary>All that the session holds or waits for follows.</summary>
    Begin = 1,

    /// <summary>The session holds this, or its record has changed.</summary>
    Put = 2,

    /// <summary>It holds this no more.</summary>
    Gone = 3,

    /// <summary>That was all, as of a revision.</summary>
    End = 4,

    /// <summary>The session waits in line for this, and the value is what it asks for; told only where all is
    /// told.</summary>
    InLine = 5,
}

/// <summary>One event of an inbox: subscription 8, kind 1, revision 8, key, value.</summary>
internal readonly ref struct InboxEvent
{
    public ulong Subscription { get; init; }

    public InboxEventKind Kind { get; init; }

    /// <summary>The create revision of what is held, or the revision as of which all was told.</summary>
    public long Revision { get; init; }

    public ReadOnlySpan<byte> Key { get; init; }

    public ReadOnlySpan<byte> Value { get; init; }

    public void Write(FrameWriter frames)
    {
        ByteWriter writer = frames.Begin(WireKind.Inbox);
        writer.WriteUInt64(Subscription);
        writer.WriteByte((byte)Kind);
        writer.WriteInt64(Revision);
        writer.WriteBytes(Key);
        writer.WriteRaw(Value);
        frames.End();
    }

    public static InboxEvent Read(ref ByteReader reader)
    {
        var told = new InboxEvent
        {
            Subscription = reader.ReadUInt64(),
            Kind = (InboxEventKind)reader.ReadByte(),
            Revision = reader.ReadInt64(),
            Key = reader.ReadBytes(),
            Value = reader.Rest,
        };
        return told.Kind is >= InboxEventKind.Begin and <= InboxEventKind.InLine
            ? told
            : throw new MalformedDataException($"Malformed data: inbox event {(byte)told.Kind}.");
    }
}

/// <summary>The records behind a prefix: subscription 8, revision 8, count 4, and of each its revisions, key and
/// value.</summary>
internal static class WatchedRecords
{
    public static EngineRecords Read(ref ByteReader reader)
    {
        long revision = reader.ReadInt64();
        int count = reader.ReadInt32();
        var records = new List<WatchedRecord>(Math.Clamp(count, 0, 64));
        for (int i = 0; i < count; i++)
        {
            (long created, long modified) = (reader.ReadInt64(), reader.ReadInt64());
            records.Add(new(reader.ReadBytes().ToArray(), reader.ReadBytes().ToArray(), created, modified));
        }

        reader.End();
        return new(revision, records);
    }
}

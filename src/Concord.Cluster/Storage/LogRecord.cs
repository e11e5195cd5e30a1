using System.Buffers.Binary;
using Concord.Consensus;
using Concord.Encoding;

namespace Concord.Cluster.Storage;

/// <summary>What a record says. Zero is never written.</summary>
internal enum LogRecordType : byte
{
    /// <summary>Cluster 16 bytes, node u16, incarnation u64, description with its length.</summary>
    Identity = 1,

    /// <summary>Shard u32, stamp u64, voted for u16.</summary>
    HardState = 2,

    /// <summary>Shard u32, index u64: entries from there on are void.</summary>
    Truncate = 3,

    /// <summary>Shard u32, first index u64, count u32, the entries with their length.</summary>
    Entries = 4,

    /// <summary>Shard u32, index u64, stamp u64, restart u8: a durable snapshot covers the log up to there. Restart:
    /// what the log held did not lead there, and all of it is void.</summary>
    SnapshotMark = 5,

    /// <summary>Segment u64: it and those before it are not needed. If a later one is missing, it was lost.</summary>
    Released = 6,

    /// <summary>Shard u32, first index u64, count u32, the entries with their length: each takes its place and leaves
    /// the others alone, as Multi-Paxos wants it. There may be gaps.</summary>
    Put = 7,

    /// <summary>Shard u32, first index u64, last index u64, stamp u64: what stands there has this stamp now. Like a
    /// put, of Multi-Paxos only.</summary>
    Restamp = 8,

    /// <summary>Shard u32, base u64, stamp there u64, last u64, stamp there u64: a start could not read all of the
    /// log, and went on with what lies behind base up to last. What else stood before this record is void.</summary>
    Resume = 9,

    /// <summary>Shard u32, impaired u8: 1 means that something that the replica promised may be lost; 0, that it has
    /// been repaired from its peers.</summary>
    Impaired = 10,

    /// <summary>Shard u32, index u64: what was written up to there before this record is chosen, and with it the
    /// memberships among it (Multi-Paxos).</summary>
    Commit = 11,
}

/// <summary>Records as bytes.</summary>
internal static class LogRecord
{
    public const int HardStateBytes = 1 + 4 + 8 + 2;
    public const int TruncateBytes = 1 + 4 + 8;
    public const int EntriesHeadBytes = 1 + 4 + 8 + 4 + 4;
    public const int SnapshotMarkBytes = 1 + 4 + 8 + 8 + 1;
    public const int ReleasedBytes = 1 + 8;
    public const int RestampBytes = 1 + 4 + 8 + 8 + 8;
    public const int ResumeBytes = 1 + 4 + 8 + 8 + 8 + 8;
    public const int ImpairedBytes = 1 + 4 + 1;
    public const int CommitBytes = 1 + 4 + 8;
    private const int IdentityHeadBytes = 1 + 16 + 2 + 8 + 4;

    public static int IdentityBytes(LogIdentity identity) => IdentityHeadBytes + identity.Description.Length;

    public static void WriteIdentity(LogIdentity identity, Span<byte> target)
    {
        target[0] = (byte)LogRecordType.Identity;
        Invariant.Check(identity.Cluster.TryWriteBytes(target[1..]), "an identity fits its record");
        BinaryPrimitives.WriteUInt16LittleEndian(target[17..], identity.Node.Value);
        BinaryPrimitives.WriteUInt64LittleEndian(target[19..], identity.Incarnation);
        BinaryPrimitives.WriteInt32LittleEndian(target[27..], identity.Description.Length);
        identity.Description.Span.CopyTo(target[IdentityHeadBytes..]);
    }

    public static void WriteHardState(uint shard, HardState hardState, Span<byte> target)
    {
        WriteHead(LogRecordType.HardState, shard, target);
        BinaryPrimitives.WriteUInt64LittleEndian(target[5..], hardState.Stamp.Value);
        BinaryPrimitives.WriteUInt16LittleEndian(target[13..], hardState.VotedFor.Value);
    }

    public static void WriteTruncate(uint shard, LogIndex from, Span<byte> target)
    {
        WriteHead(LogRecordType.Truncate, shard, target);
        BinaryPrimitives.WriteUInt64LittleEndian(target[5..], from.Value);
    }

    /// <summary>Writes entries that take <paramref name="entryBytes"/> by <see cref="EntryCodec.Measure"/>.</summary>
    /// <param name="type">Entries or Put.</param>
    /// <param name="shard">Whose.</param>
    /// <param name="range">Which.</param>
    /// <param name="entryBytes">Their length.</param>
    /// <param name="log">Where they are.</param>
    /// <param name="target">The record.</param>
    public static void WriteEntries(
        LogRecordType type, uint shard, LogRange range, int entryBytes, LogBuffer log, Span<byte> target)
    {
        WriteHead(type, shard, target);
        BinaryPrimitives.WriteUInt64LittleEndian(target[5..], range.First.Value);
        BinaryPrimitives.WriteInt32LittleEndian(target[13..], range.Count);
        BinaryPrimitives.WriteInt32LittleEndian(target[17..], entryBytes);
        int written = EntryCodec.Write(range, log, target[EntriesHeadBytes..]);
        Invariant.Check(written == entryBytes, "entries take what they were measured to take");
    }

    public static void WriteSnapshotMark(uint shard, SnapshotMark mark, bool restart, Span<byte> target)
    {
        WriteHead(LogRecordType.SnapshotMark, shard, target);
        BinaryPrimitives.WriteUInt64LittleEndian(target[5..], mark.Index.Value);
        BinaryPrimitives.WriteUInt64LittleEndian(target[13..], mark.Stamp.Value);
        target[21] = restart ? (byte)1 : (byte)0;
    }

    public static void WriteReleased(ulong segment, Span<byte> target)
    {
        target[0] = (byte)LogRecordType.Released;
        BinaryPrimitives.WriteUInt64LittleEndian(target[1..], segment);
    }

    public static void WriteRestamp(uint shard, LogIndex from, LogIndex to, Stamp stamp, Span<byte> target)
    {
        WriteHead(LogRecordType.Restamp, shard, target);
        BinaryPrimitives.WriteUInt64LittleEndian(target[5..], from.Value);
        BinaryPrimitives.WriteUInt64LittleEndian(target[13..], to.Value);
        BinaryPrimitives.WriteUInt64LittleEndian(target[21..], stamp.Value);
    }

    public static void WriteResume(uint shard, in LogExtent extent, Span<byte> target)
    {
        WriteHead(LogRecordType.Resume, shard, target);
        BinaryPrimitives.WriteUInt64LittleEndian(target[5..], extent.Base.Index.Value);
        BinaryPrimitives.WriteUInt64LittleEndian(target[13..], extent.Base.Stamp.Value);
        BinaryPrimitives.WriteUInt64LittleEndian(target[21..], extent.Last.Value);
        BinaryPrimitives.WriteUInt64LittleEndian(target[29..], extent.LastStamp.Value);
    }

    public static void WriteImpaired(uint shard, bool impaired, Span<byte> target)
    {
        WriteHead(LogRecordType.Impaired, shard, target);
        target[5] = impaired ? (byte)1 : (byte)0;
    }

    public static void WriteCommit(uint shard, LogIndex commit, Span<byte> target)
    {
        WriteHead(LogRecordType.Commit, shard, target);
        BinaryPrimitives.WriteUInt64LittleEndian(target[5..], commit.Value);
    }

    public static LogIdentity ReadIdentity(ref ByteReader reader)
    {
        var cluster = new Guid(reader.ReadRaw(16));
        var node = new NodeId(reader.ReadUInt16());
        ulong incarnation = reader.ReadUInt64();
        return new(cluster, node, incarnation, reader.ReadBytes().ToArray());
    }

    private static void WriteHead(LogRecordType type, uint shard, Span<byte> target)
    {
        target[0] = (byte)type;
        BinaryPrimitives.WriteUInt32LittleEndian(target[1..], shard);
    }
}

/// <summary>A durable snapshot covers a shard's log up to here.</summary>
/// <param name="Index">The last place it covers; zero when there is none.</param>
/// <param name="Stamp">The stamp of the entry there.</param>
internal readonly record struct SnapshotMark(LogIndex Index, Stamp Stamp);

/// <summary>What a log holds: everything behind its base up to its last entry.</summary>
/// <param name="Base">The place before the first entry.</param>
/// <param name="Last">The last entry, or the base.</param>
/// <param name="LastStamp">The stamp there.</param>
internal readonly record struct LogExtent(SnapshotMark Base, LogIndex Last, Stamp LastStamp)
{
    public static LogExtent Of(LogBuffer log) => new(new(log.Base, log.BaseStamp), log.Last, log.LastStamp);
}

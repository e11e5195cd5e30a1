using System.Buffers.Binary;
using Concord.Encoding;
using Concord.Engines;

namespace Concord.Cluster.State;

/// <summary>
/// Builds a keyspace from the bytes of a snapshot as they arrive, in pieces of any size. Everything is checked before
/// it is used; memory grows with what has arrived, never with what a length promises.
/// </summary>
/// <remarks>After a <see cref="SnapshotCorruptException"/> the reader is of no use any more.</remarks>
internal sealed class SnapshotReader
{
    private readonly ByteWriter _part = new(SnapshotFormat.HeadStartBytes);
    private readonly Keyspace _keyspace = new();
    private readonly byte[] _lastKey = new byte[Keyspace.KeyBytesMax];
    private SnapshotHead? _head;
    private int _lastKeyLength;
    private Part _expected = Part.HeadStart;
    private int _wanted = SnapshotFormat.HeadStartBytes;
    private uint _checksum;

    private enum Part
    {
        /// <summary>Magic, version and the length of the head.</summary>
        HeadStart,

        /// <summary>The fields of the head, and its checksum.</summary>
        Head,

        /// <summary>Length, count and checksum of a block; or the beginning of the foot, which is as long.</summary>
        BlockHead,

        /// <summary>The records of a block.</summary>
        Block,

        /// <summary>The rest of the foot.</summary>
        Foot,

        /// <summary>Nothing: it is complete.</summary>
        Nothing,

        /// <summary>Nothing: it was refused.</summary>
        Refused,
    }

    /// <summary>The head, once it has arrived and was found whole.</summary>
    public SnapshotHead? Head => _head;

    /// <summary>The foot has arrived and agrees with the records.</summary>
    public bool IsComplete => _expected == Part.Nothing;

    /// <summary>Takes the next bytes.</summary>
    /// <exception cref="SnapshotCorruptException">They are not what they should be.</exception>
    public void Feed(ReadOnlySpan<byte> bytes)
    {
        while (!bytes.IsEmpty)
        {
            Demand(_expected != Part.Refused, "it was refused before");
            Demand(_expected != Part.Nothing, "there are bytes behind its end");
            int taken = Math.Min(_wanted - _part.Length, bytes.Length);
            _part.WriteRaw(bytes[..taken]);
            bytes = bytes[taken..];
            if (_part.Length == _wanted)
            {
                TakePart();
            }
        }
    }

    /// <summary>The keyspace, equal in every observable way to the one that was written.</summary>
    /// <exception cref="SnapshotCorruptException">Its end has not arrived.</exception>
    public Keyspace Complete()
    {
        Demand(_expected == Part.Nothing, "it ends too early");
        return _keyspace;
    }

    private void TakePart()
    {
        try
        {
            switch (_expected)
            {
                case Part.HeadStart:
                    TakeHeadStart(_part.Written);
                    break;
                case Part.Head:
                    TakeHead(_part.Written);
                    break;
                case Part.BlockHead:
                    TakeBlockHead(_part.Written);
                    break;
                case Part.Block:
                    TakeBlock(_part.Written);
                    break;
                case Part.Foot:
                    TakeFoot(_part.Written);
                    break;
            }
        }
        catch (MalformedDataException malformed)
        {
            _expected = Part.Refused;
            throw new SnapshotCorruptException("a field ends too early or too late", malformed);
        }
    }

    private void TakeHeadStart(ReadOnlySpan<byte> start)
    {
        uint magic = BinaryPrimitives.ReadUInt32LittleEndian(start);
        uint version = BinaryPrimitives.ReadUInt32LittleEndian(start[4..]);
        int extraLength = BinaryPrimitives.ReadInt32LittleEndian(start[8..]) - SnapshotFormat.HeadFieldBytesMin;
        Demand(magic == SnapshotFormat.Magic, "it does not begin like a snapshot");
        Demand(
            version == SnapshotFormat.Version,
            $"it has version {version}, this build reads version {SnapshotFormat.Version}; a newer build may read it");
        Demand(extraLength is >= 0 and <= SnapshotFormat.ExtraBytesMax, "its head has an impossible length");
        int length = SnapshotFormat.HeadFieldBytesMin + extraLength;
        Expect(Part.Head, SnapshotFormat.HeadStartBytes + length + SnapshotFormat.ChecksumBytes, keep: true);
    }

    private void TakeHead(ReadOnlySpan<byte> part)
    {
        ReadOnlySpan<byte> covered = part[..^SnapshotFormat.ChecksumBytes];
        _checksum = Checksum.Crc32C(covered);
        Demand(BinaryPrimitives.ReadUInt32LittleEndian(part[^4..]) == _checksum, "its head fails its checksum");
        _head = SnapshotFormat.ReadHead(covered[SnapshotFormat.HeadStartBytes..]);
        Demand(_head.Revision >= 0, "its revision is negative");
        Expect(Part.BlockHead, SnapshotFormat.BlockHeadBytes);
    }

    private void TakeBlockHead(ReadOnlySpan<byte> head)
    {
        uint length = BinaryPrimitives.ReadUInt32LittleEndian(head);
        if (length == 0)
        {
            Expect(Part.Foot, SnapshotFormat.FootBytes, keep: true);
            return;
        }

        Demand(
            length is >= SnapshotFormat.RecordBytesMin and <= SnapshotFormat.BlockBytesMax,
            "a block has an impossible length");
        Expect(Part.Block, SnapshotFormat.BlockHeadBytes + (int)length, keep: true);
    }

    private void TakeBlock(ReadOnlySpan<byte> block)
    {
        ReadOnlySpan<byte> records = block[SnapshotFormat.BlockHeadBytes..];
        _checksum = SnapshotFormat.ChecksumOf(block[..8], records, _checksum);
        Demand(BinaryPrimitives.ReadUInt32LittleEndian(block[8..]) == _checksum, "a block fails its checksum");
        uint count = BinaryPrimitives.ReadUInt32LittleEndian(block[4..]);
        var reader = new ByteReader(records);
        for (; reader.Remaining > 0; count--)
        {
            Demand(count > 0, "a block holds more records than it says");
            Take(SnapshotFormat.ReadRecord(ref reader));
        }

        Demand(count == 0, "a block holds fewer records than it says");
        Expect(Part.BlockHead, SnapshotFormat.BlockHeadBytes);
    }

    private void Take(in RecordView record)
    {
        Demand(Keyspace.IsKey(record.Key), "a key is out of bounds");
        Demand(record.Value.Length <= Keyspace.ValueBytesMax, "a value is out of bounds");
        Demand(
            record.CreateRevision is > 0 and var created && created <= record.ModRevision
            && record.ModRevision <= _head!.Revision,
            "a record has an impossible revision");
        Demand(record.Key.SequenceCompareTo(_lastKey.AsSpan(0, _lastKeyLength)) > 0, "its records are out of order");
        record.Key.CopyTo(_lastKey);
        _lastKeyLength = record.Key.Length;
        _keyspace.Restore(record);
    }

    private void TakeFoot(ReadOnlySpan<byte> foot)
    {
        ReadOnlySpan<byte> covered = foot[..^SnapshotFormat.ChecksumBytes];
        uint checksum = Checksum.Crc32C(covered, _checksum);
        Demand(BinaryPrimitives.ReadUInt32LittleEndian(foot[^4..]) == checksum, "its foot fails its checksum");
        Demand(BinaryPrimitives.ReadUInt64LittleEndian(foot[4..]) == (ulong)_keyspace.Count, "records are missing");
        Demand(
            BinaryPrimitives.ReadUInt64LittleEndian(foot[12..]) == _keyspace.Digest,
            "its records are not those that were written");
        _keyspace.SetRevision(_head!.Revision);
        Expect(Part.Nothing, 0);
    }

    /// <summary>Says what comes next, and how many bytes it and what is kept of the part before are together.</summary>
    private void Expect(Part part, int bytes, bool keep = false)
    {
        (_expected, _wanted) = (part, bytes);
        if (!keep)
        {
            _part.Clear();
        }
    }

    private void Demand(bool condition, string otherwise)
    {
        if (!condition)
        {
            _expected = Part.Refused;
            throw new SnapshotCorruptException(otherwise);
        }
    }
}

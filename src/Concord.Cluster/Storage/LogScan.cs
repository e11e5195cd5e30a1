using Concord.Consensus;

namespace Concord.Cluster.Storage;

/// <summary>What is done with the records of each valid batch, in their order.</summary>
internal delegate void BatchVisitor(in BatchHeader header, ReadOnlySpan<byte> records);

/// <summary>
/// Reads the segments from the first batch to the last. Changes nothing: it says where the log ends, and what a crash
/// left behind there; anything that no crash leaves is a <see cref="StorageCorruptException"/>.
/// </summary>
internal sealed class LogScan(IFileSystem files, string directory, LogOptions options)
{
    private byte[] _buffer = [];
    private ulong _sequence;
    private uint _previousChecksum;
    private ulong _firstSegment;
    private ulong _endSegment;
    private int _endOffset;
    private bool _any;

    public LogScanResult Run(IReadOnlyList<ulong> segments, BatchVisitor visit)
    {
        (_sequence, _previousChecksum, _any) = (1, 0, false);
        (_firstSegment, _endSegment, _endOffset) = (segments[0], segments[0], 0);
        for (int i = 0; i < segments.Count; i++)
        {
            Span<byte> segment = Load(segments[i]);
            int offset = ReadBatches(segment, segments[i], visit);
            if (offset < 0)
            {
                continue;
            }

            int tornEnd = BatchFormat.RoundUp(segment.LastIndexOfAnyExcept((byte)0) + 1);
            RequireZeros(segments, i + 1, segments[i], offset);
            return Result(new TornRange(segments[i], offset, tornEnd - offset));
        }

        if (!_any && segments[0] != 1)
        {
            throw Damage(segments[0], 0, "it is empty, and the segments before it are gone");
        }

        return Result(torn: null);
    }

    private LogScanResult Result(TornRange? torn) => new(_endSegment, _endOffset, _sequence, _previousChecksum, torn);

    /// <returns>Where a torn write begins, or a negative number when there is none.</returns>
    private int ReadBatches(Span<byte> segment, ulong number, BatchVisitor visit)
    {
        int offset = 0;
        while (true)
        {
            BatchState state = BatchReader.Inspect(segment, number, offset, out BatchHeader header, out string detail);
            switch (state)
            {
                case BatchState.Valid:
                    RequireChain(header, number, offset);
                    Visit(header, segment.Slice(offset, header.Length), visit);
                    offset += header.Length;
                    (_endSegment, _endOffset) = (number, offset);
                    break;
                case BatchState.Nothing:
                    return -1;
                case BatchState.SectorsLost:
                    RequireNothingBehind(segment, number, offset, offset + header.Length);
                    return offset;
                case BatchState.HeaderLost:
                    RequireNoBatchBehind(segment, number, offset);
                    return offset;
                case BatchState.Unknown:
                    throw Unknown(number, $"{detail} of a batch at byte {offset}");
                default:
                    throw Damage(number, offset, detail);
            }
        }
    }

    private void Visit(in BatchHeader header, Span<byte> batch, BatchVisitor visit)
    {
        (_sequence, _previousChecksum, _any) = (header.Sequence + 1, BatchReader.ChecksumOf(batch), true);
        ulong number = header.Segment;
        int offset = header.Sector * BatchFormat.SectorBytes;
        ReadOnlySpan<byte> records = BatchReader.Unescape(header, batch, out bool malformed);
        if (malformed)
        {
            throw Damage(number, offset, "its escape table is malformed");
        }

        try
        {
            visit(header, records);
        }
        catch (UnknownRecordException unknown)
        {
            throw Unknown(number, $"{unknown.Message} in the batch at byte {offset}");
        }
        catch (Encoding.MalformedDataException malformedData)
        {
            throw Damage(number, offset, $"its records make no sense: {malformedData.Message}", malformedData);
        }
    }

    private void RequireChain(in BatchHeader header, ulong number, int offset)
    {
        // The first batch of the oldest segment follows one that is gone, unless it is the first of all.
        bool follows = _any || number == 1;
        if (follows && (header.Sequence != _sequence || header.PreviousChecksum != _previousChecksum))
        {
            throw Damage(
                number,
                offset,
                $"batch {header.Sequence} does not follow the one before it; batch {_sequence} was expected");
        }

        // A segment is begun only when the one before it is.
        ulong expected = _any ? _endSegment + 1 : _firstSegment;
        if (offset == 0 && number != expected)
        {
            throw Damage(expected, 0, $"it is empty, but batch {header.Sequence} is in a later segment");
        }

        if (!_any)
        {
            _sequence = header.Sequence;
        }
    }

    /// <summary>One batch is written at a time: behind a torn one there are zeros.</summary>
    private void RequireNothingBehind(ReadOnlySpan<byte> segment, ulong number, int offset, int end)
    {
        if (!BatchFormat.IsZero(segment[end..]))
        {
            throw Damage(number, offset, "sectors of it are missing, but something lies behind it");
        }
    }

    private void RequireNoBatchBehind(ReadOnlySpan<byte> segment, ulong number, int offset)
    {
        for (int at = offset; at < segment.Length; at += BatchFormat.SectorBytes)
        {
            if (!BatchFormat.IsZero(segment.Slice(at, BatchFormat.SectorBytes))
                && BatchReader.Inspect(segment, number, at, out BatchHeader header, out _) == BatchState.Valid)
            {
                throw Damage(
                    number, offset, $"its first sector is missing, but batch {header.Sequence} is at byte {at}");
            }
        }
    }

    private void RequireZeros(IReadOnlyList<ulong> segments, int from, ulong number, int offset)
    {
        for (int i = from; i < segments.Count; i++)
        {
            if (!BatchFormat.IsZero(Load(segments[i])))
            {
                throw Damage(number, offset, $"it is not whole, but {SegmentNames.Of(segments[i])} is not empty");
            }
        }
    }

    /// <summary>Reads a segment. What is missing at its end reads as zero.</summary>
    private Span<byte> Load(ulong number)
    {
        string path = Path.Combine(directory, SegmentNames.Of(number));
        using IFile file = files.Open(path, FileOpening.Existing);
        long length = Math.Max(options.SegmentBytes, file.Length);
        if (length > 1 << 30)
        {
            throw Damage(number, options.SegmentBytes, "the file is longer than any segment");
        }

        int bytes = BatchFormat.RoundUp((int)length);
        if (_buffer.Length < bytes)
        {
            _buffer = GC.AllocateUninitializedArray<byte>(bytes);
        }

        Span<byte> segment = _buffer.AsSpan(0, bytes);
        int read = file.Read(0, segment);
        segment[read..].Clear();
        return segment;
    }

    private StorageCorruptException Damage(ulong number, int offset, string what, Exception? cause = null)
    {
        string path = Path.Combine(directory, SegmentNames.Of(number));
        return new StorageCorruptException(
            $"The log is damaged: batch {_sequence} at byte {offset} of {path}: {what}. Nothing was changed. "
            + "Restore the folder from a backup, or remove this node from the cluster and add a new one in its place.",
            path,
            cause);
    }

    private EngineStoppedException Unknown(ulong number, string what) => new(
        $"The log was written by a later version: {what} of {Path.Combine(directory, SegmentNames.Of(number))} is not "
        + "known here. Nothing was changed. Start this node with the version that wrote it, or a newer one.");
}

/// <summary>Where the log ends.</summary>
/// <param name="Segment">The segment of the last batch.</param>
/// <param name="Offset">The end of that batch.</param>
/// <param name="Sequence">The sequence of the next one.</param>
/// <param name="PreviousChecksum">The checksum of the last one.</param>
/// <param name="Torn">What a crash left of a write that never finished.</param>
internal readonly record struct LogScanResult(
    ulong Segment, int Offset, ulong Sequence, uint PreviousChecksum, TornRange? Torn);

/// <summary>A torn write. It may be in the segment behind the last batch.</summary>
internal readonly record struct TornRange(ulong Segment, int Offset, int Length);

/// <summary>A whole batch holds a record that this build does not know.</summary>
internal sealed class UnknownRecordException(byte type) : Exception($"A record of type {type}");

using Concord.Consensus;

namespace Concord.Cluster.Storage;

/// <summary>What is done with the records of each valid batch, in their order.</summary>
internal delegate void BatchVisitor(in BatchHeader header, ReadOnlySpan<byte> records);

/// <summary>
/// Reads the segments from the first batch to the last. Changes nothing: it says where the log ends, and what a crash
/// left behind there. What no crash leaves is damage: it is noted, and the reading goes on at the next batch that is
/// whole.
/// </summary>
internal sealed class LogScan(IFileSystem files, string directory, LogOptions options)
{
    private readonly SegmentReader _reader = new(files, directory, options.SegmentBytes);
    private readonly List<DamagedRange> _damage = [];
    private BatchVisitor _visit = static (in _, _) => { };
    private Action _lost = static () => { };
    private ulong _sequence;
    private uint _previousChecksum;
    private ulong _endSegment;
    private int _endOffset;
    private bool _any;

    /// <summary>Something before the place where the reading is could not be read, and nothing since.</summary>
    private bool _resync;

    /// <param name="segments">Their numbers, without a gap.</param>
    /// <param name="visit">For each valid batch.</param>
    /// <param name="lost">Called where something could not be read, in its order between the batches.</param>
    public LogScanResult Run(IReadOnlyList<ulong> segments, BatchVisitor visit, Action lost)
    {
        (_visit, _lost) = (visit, lost);
        _damage.Clear();
        (_sequence, _previousChecksum, _any, _resync) = (1, 0, false, false);
        (_endSegment, _endOffset) = (segments[0], 0);
        TornRange? torn = null;
        for (int i = 0; i < segments.Count && torn is null; i++)
        {
            torn = ReadSegment(segments, i);
        }

        if (!_any && segments[0] != 1 && _damage.Count == 0)
        {
            NoteDamage(segments[0], 0, 0, "it is empty, and the segments before it are gone");
        }

        return new(_endSegment, _endOffset, _sequence, _previousChecksum, torn, [.. _damage], _resync, _any);
    }

    private TornRange? ReadSegment(IReadOnlyList<ulong> segments, int place)
    {
        ulong number = segments[place];
        Span<byte> segment = _reader.Load(number);
        if (_reader.IsMissing)
        {
            NoteDamage(number, 0, 0, "the file is missing");
            return null;
        }

        int offset = 0;
        while (true)
        {
            BatchState state = BatchReader.Inspect(segment, number, offset, out BatchHeader header, out string detail);
            if (state == BatchState.Valid)
            {
                RequireFollows(header, number, offset);
                Visit(header, segment.Slice(offset, header.Length));
                offset += header.Length;
                (_endSegment, _endOffset) = (number, offset);
                continue;
            }

            int end = BatchFormat.RoundUp(segment.LastIndexOfAnyExcept((byte)0) + 1);
            switch (state)
            {
                case BatchState.Nothing:
                    return null;
                case BatchState.Unknown:
                    throw Unknown(number, $"{detail} of a batch at byte {offset}");
                case BatchState.SectorsLost or BatchState.HeaderLost:
                    if (IsTorn(segment, number, offset, state, header, out detail)
                        && LaterAreEmpty(segments, place + 1, out detail))
                    {
                        return new(number, offset, end - offset);
                    }

                    segment = _reader.Load(number);
                    break;
            }

            int next = FindNext(segment, number, offset, header);
            NoteDamage(number, offset, (next < 0 ? end : next) - offset, detail);
            if (next < 0)
            {
                return null;
            }

            offset = next;
        }
    }

    /// <summary>
    /// One batch is written at a time, and only the last one can be unfinished: behind it there are zeros.
    /// </summary>
    private bool IsTorn(
        ReadOnlySpan<byte> segment, ulong number, int offset, BatchState state, in BatchHeader header,
        out string detail)
    {
        detail = "";
        if (state == BatchState.SectorsLost)
        {
            int end = offset + header.Length;
            detail = !BatchFormat.IsZero(segment[end..]) ? "sectors of it are missing, but something lies behind it"
                : _reader.HasHole(offset, end) ? "sectors of it cannot be read" : "";
        }
        else if (_reader.HasHole(offset, segment.Length))
        {
            detail = "its first sector is missing, and others cannot be read";
        }
        else if (FindNext(segment, number, offset, header: default) is var at and >= 0)
        {
            detail = $"its first sector is missing, but a batch is at byte {at}";
        }

        return detail.Length == 0;
    }

    private bool LaterAreEmpty(IReadOnlyList<ulong> segments, int from, out string detail)
    {
        detail = "";
        for (int i = from; i < segments.Count && detail.Length == 0; i++)
        {
            if (!BatchFormat.IsZero(_reader.Load(segments[i])))
            {
                detail = $"it is not whole, but {SegmentNames.Of(segments[i])} is not empty";
            }
        }

        return detail.Length == 0;
    }

    /// <summary>The next batch that is whole: behind the damaged one if its length can be believed, else in any
    /// sector.</summary>
    private int FindNext(ReadOnlySpan<byte> segment, ulong number, int offset, in BatchHeader header)
    {
        int behind = offset + header.Length;
        if (header.Segment == number && header.Length > 0 && header.Length % BatchFormat.SectorBytes == 0
            && header.Length < segment.Length - offset && IsBatch(segment, number, behind))
        {
            return behind;
        }

        for (int at = offset + BatchFormat.SectorBytes; at < segment.Length; at += BatchFormat.SectorBytes)
        {
            if (IsBatch(segment, number, at))
            {
                return at;
            }
        }

        return -1;
    }

    private bool IsBatch(ReadOnlySpan<byte> segment, ulong number, int at)
    {
        if (segment[at] == 0)
        {
            return false;
        }

        BatchState state = BatchReader.Inspect(segment, number, at, out BatchHeader header, out string detail);
        return state == BatchState.Unknown
            ? throw Unknown(number, $"{detail} of a batch at byte {at}")
            : state == BatchState.Valid && header.Sequence >= _sequence;
    }

    /// <summary>A whole batch that does not follow the one before it is of another history: no damage to a disk makes
    /// that, and nothing here can be believed.</summary>
    private void RequireFollows(in BatchHeader header, ulong number, int offset)
    {
        if (!_any && !_resync && number != _endSegment)
        {
            NoteDamage(_endSegment, 0, 0, $"it is empty, but batch {header.Sequence} is in a later segment");
        }

        bool isFirst = !_any && (_resync || number != 1);
        bool isNext = header.Sequence == _sequence && header.PreviousChecksum == _previousChecksum;
        if (isFirst || isNext)
        {
            return;
        }

        // Each lost batch took a sector at least, of a segment of whatever size.
        ulong lostMax = (number - _endSegment + 1) * SegmentReader.SectorsMax;
        bool isLater = header.Sequence > _sequence && header.Sequence - _sequence <= lostMax;
        if (isLater && !_resync && offset == 0)
        {
            // A segment ends where its zeros begin: what stood there is gone without a trace.
            NoteDamage(_endSegment, _endOffset, 0, $"batches {_sequence} to {header.Sequence - 1} are missing");
        }
        else if (!isLater || !_resync)
        {
            throw Refuse(
                number,
                offset,
                $"batch {header.Sequence} does not follow the one before it; batch {_sequence} was expected");
        }
    }

    private void Visit(in BatchHeader header, Span<byte> batch)
    {
        ulong number = header.Segment;
        int offset = header.Sector * BatchFormat.SectorBytes;
        uint checksum = BatchReader.ChecksumOf(batch);
        _resync = false;
        ReadOnlySpan<byte> records = BatchReader.Unescape(header, batch, out bool malformed);
        if (malformed)
        {
            throw Refuse(number, offset, "its escape table is malformed");
        }

        try
        {
            _visit(header, records);
        }
        catch (UnknownRecordException unknown)
        {
            throw Unknown(number, $"{unknown.Message} in the batch at byte {offset}");
        }
        catch (Encoding.MalformedDataException malformedData)
        {
            throw Refuse(number, offset, $"its records make no sense: {malformedData.Message}", malformedData);
        }

        (_sequence, _previousChecksum, _any) = (header.Sequence + 1, checksum, true);
    }

    private void NoteDamage(ulong number, int offset, int length, string detail)
    {
        _damage.Add(new(number, offset, length, _sequence, detail));
        _resync = true;
        _lost();
    }

    /// <summary>A batch that is whole and says what no writer writes: nothing else here can be believed.</summary>
    private StorageCorruptException Refuse(ulong number, int offset, string what, Exception? cause = null) =>
        LogDamage.Refused(directory, new(number, offset, 0, _sequence, what), cause);

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
/// <param name="Damage">What could not be read.</param>
/// <param name="EndsInDamage">No batch was found behind the last damage.</param>
/// <param name="HasBatches">Something could be read.</param>
internal readonly record struct LogScanResult(
    ulong Segment,
    int Offset,
    ulong Sequence,
    uint PreviousChecksum,
    TornRange? Torn,
    IReadOnlyList<DamagedRange> Damage,
    bool EndsInDamage,
    bool HasBatches);

/// <summary>A torn write. It may be in the segment behind the last batch.</summary>
internal readonly record struct TornRange(ulong Segment, int Offset, int Length);

/// <summary>A whole batch holds a record that this build does not know.</summary>
internal sealed class UnknownRecordException(byte type) : Exception($"A record of type {type}");

namespace Concord.Cluster.Storage;

/// <summary>Reads whole segments into one buffer, around sectors that the disk does not give.</summary>
internal sealed class SegmentReader(IFileSystem files, string directory, int segmentBytes)
{
    /// <summary>The least that a disk gives or does not give.</summary>
    private const int PieceBytes = BatchFormat.SectorBytes;

    /// <summary>What stands in the place of bytes that cannot be read. Not zero: zeros would look unwritten.</summary>
    private const byte Unreadable = 0xEE;

    private const int SegmentBytesMax = 1 << 30;

    /// <summary>The most sectors of a segment.</summary>
    public const ulong SectorsMax = SegmentBytesMax / BatchFormat.SectorBytes;

    private readonly List<(int From, int To)> _holes = [];
    private byte[] _buffer = [];

    /// <summary>Whether the last segment that was read has its file.</summary>
    public bool IsMissing { get; private set; }

    /// <summary>Reads a segment. What is missing at its end reads as zero.</summary>
    /// <returns>Its bytes, until the next call.</returns>
    public Span<byte> Load(ulong number)
    {
        string path = Path.Combine(directory, SegmentNames.Of(number));
        _holes.Clear();
        IsMissing = !files.Exists(path);
        if (IsMissing)
        {
            Span<byte> nothing = Room(segmentBytes);
            nothing.Clear();
            return nothing;
        }

        using IFile file = files.Open(path, FileOpening.Existing);
        long length = Math.Max(segmentBytes, file.Length);
        if (length > SegmentBytesMax)
        {
            throw new StorageCorruptException(
                $"The log is damaged: {path} is longer than any segment. Nothing was changed. Restore the folder from "
                + "a backup, or remove this node from the cluster and add a new one in its place.",
                path);
        }

        Span<byte> segment = Room(BatchFormat.RoundUp((int)length));
        int read;
        try
        {
            read = file.Read(0, segment);
        }
        catch (IOException)
        {
            read = ReadAround(file, segment);
        }

        segment[read..].Clear();
        return segment;
    }

    /// <summary>Whether some byte of a range could not be read.</summary>
    public bool HasHole(int from, int to)
    {
        foreach ((int holeFrom, int holeTo) in _holes)
        {
            if (holeFrom < to && from < holeTo)
            {
                return true;
            }
        }

        return false;
    }

    private Span<byte> Room(int bytes)
    {
        if (_buffer.Length < bytes)
        {
            _buffer = GC.AllocateUninitializedArray<byte>(bytes);
        }

        return _buffer.AsSpan(0, bytes);
    }

    private int ReadAround(IFile file, Span<byte> segment)
    {
        int length = (int)Math.Min(segment.Length, file.Length);
        for (int at = 0; at < length; at += PieceBytes)
        {
            Span<byte> piece = segment[at..Math.Min(at + PieceBytes, length)];
            try
            {
                int read = file.Read(at, piece);
                piece[read..].Clear();
            }
            catch (IOException)
            {
                piece.Fill(Unreadable);
                _holes.Add((at, at + piece.Length));
            }
        }

        return length;
    }
}

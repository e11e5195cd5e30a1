namespace Concord.Simulation.Disk;

/// <summary>
/// A file or a directory of the simulated disk, apart from its name. A file has what the disk holds, what a reader
/// sees, and the writes between the two, in their order.
/// </summary>
internal sealed class SimInode(bool isDirectory)
{
    private const int SectorBytes = 512;
    private const int PageBytes = 4096;

    private readonly List<(long From, long To)> _unreadable = [];
    private readonly List<UnsyncedWrite> _unsynced = [];
    private byte[] _durable = [];
    private byte[] _seen = [];

    public bool IsDirectory { get; } = isDirectory;

    public long Length => _seen.Length;

    public ReadOnlySpan<byte> Seen => _seen;

    public int Read(long offset, Span<byte> target)
    {
        int count = (int)Math.Clamp(_seen.Length - offset, 0, target.Length);
        _seen.AsSpan((int)Math.Min(offset, _seen.Length), count).CopyTo(target);
        return count;
    }

    public bool IsUnreadable(long from, long to) =>
        _unreadable.Exists(range => range.From < Math.Min(to, _seen.Length) && from < range.To);

    public void FailReads(long from, long to) => _unreadable.Add((from, to));

    public void Write(long offset, ReadOnlySpan<byte> source)
    {
        // A disk that is written where it cannot be read takes another sector for it.
        long end = offset + source.Length;
        _unreadable.RemoveAll(range => range.From >= offset && range.To <= end);
        _unsynced.Add(new((int)offset, source.ToArray()));
        Apply(ref _seen, (int)offset, source);
    }

    public void Sync()
    {
        foreach (UnsyncedWrite write in _unsynced)
        {
            Apply(ref _durable, write.Offset, write.Bytes);
        }

        _unsynced.Clear();
    }

    /// <summary>
    /// A sync that failed: the pages count as clean and go on to be seen, but will never reach the disk.
    /// </summary>
    public void FailSync() => _unsynced.Clear();

    /// <summary>Sees what the disk holds.</summary>
    public void Refresh()
    {
        Sync();
        _seen = (byte[])_durable.Clone();
    }

    public void FlipBit(long offset, int bit)
    {
        byte mask = (byte)(1 << bit);
        _seen[offset] ^= mask;
        if (offset < _durable.Length)
        {
            _durable[offset] ^= mask;
        }
    }

    /// <summary>Changes what is on the disk.</summary>
    public void Overwrite(long offset, byte[] bytes)
    {
        Apply(ref _seen, (int)offset, bytes.AsSpan(0, (int)Math.Min(bytes.Length, _seen.Length - offset)));
        if (offset < _durable.Length)
        {
            Apply(ref _durable, (int)offset, bytes.AsSpan(0, (int)Math.Min(bytes.Length, _durable.Length - offset)));
        }
    }

    public void Truncate(long length)
    {
        _seen = _seen[..(int)Math.Min(length, _seen.Length)];
        _durable = _durable[..(int)Math.Min(length, _durable.Length)];
        _unsynced.RemoveAll(write => write.Offset + write.Bytes.Length > length);
    }

    /// <summary>How many writes a crash may take back.</summary>
    public int UnsyncedCount => _unsynced.Count;

    /// <summary>What survives a crash when these of the writes do, each of them whole, and no others.</summary>
    public void Crash(IReadOnlySet<int> kept)
    {
        for (int i = 0; i < _unsynced.Count; i++)
        {
            if (kept.Contains(i))
            {
                Apply(ref _durable, _unsynced[i].Offset, _unsynced[i].Bytes);
            }
        }

        _unsynced.Clear();
        _seen = (byte[])_durable.Clone();
    }

    /// <summary>What was not synced survives wholly, partly, torn at sectors or pages, or not at all.</summary>
    public void Crash(SimRandom random, FaultTally faults)
    {
        int mode = random.Next(6);
        int kept = random.Next(_unsynced.Count + 1);
        for (int i = 0; i < _unsynced.Count; i++)
        {
            UnsyncedWrite write = _unsynced[i];
            switch (mode)
            {
                case 0:
                    faults.Count(FaultKind.UnsyncedWriteLost);
                    break;
                case 1 when i < kept:
                case 2 when random.Chance(0.5):
                    Apply(ref _durable, write.Offset, write.Bytes);
                    break;
                case 3 or 4:
                    faults.Count(FaultKind.UnsyncedWriteTorn);
                    Tear(write, random, SectorBytes, withZeroes: mode == 4);
                    break;
                case 5:
                    faults.Count(FaultKind.UnsyncedWriteTornAtPages);
                    Tear(write, random, PageBytes, withZeroes: false);
                    break;
                default:
                    faults.Count(FaultKind.UnsyncedWriteLost);
                    break;
            }
        }

        _unsynced.Clear();
        _seen = (byte[])_durable.Clone();
    }

    public SimInode Copy()
    {
        var copy = new SimInode(IsDirectory) { _durable = (byte[])_durable.Clone(), _seen = (byte[])_seen.Clone() };
        copy._unsynced.AddRange(_unsynced);
        copy._unreadable.AddRange(_unreadable);
        return copy;
    }

    private void Tear(UnsyncedWrite write, SimRandom random, int unit, bool withZeroes)
    {
        int end = write.Offset + write.Bytes.Length;
        for (int at = write.Offset; at < end;)
        {
            int sectorEnd = Math.Min(end, ((at / unit) + 1) * unit);
            ReadOnlySpan<byte> sector = write.Bytes.AsSpan(at - write.Offset, sectorEnd - at);
            int fate = random.Next(withZeroes ? 3 : 2);
            if (fate == 0)
            {
                Apply(ref _durable, at, sector);
            }
            else if (fate == 2)
            {
                Apply(ref _durable, at, new byte[sector.Length]);
            }

            at = sectorEnd;
        }
    }

    private static void Apply(ref byte[] contents, int offset, ReadOnlySpan<byte> source)
    {
        if (contents.Length < offset + source.Length)
        {
            Array.Resize(ref contents, offset + source.Length);
        }

        source.CopyTo(contents.AsSpan(offset));
    }

    private sealed record UnsyncedWrite(int Offset, byte[] Bytes);
}

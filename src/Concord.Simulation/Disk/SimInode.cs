namespace Concord.Simulation.Disk;

/// <summary>
/// A file or a directory of the simulated disk, apart from its name. A file has what the disk holds, what a reader
/// sees, and the writes between the two, in their order.
/// </summary>
internal sealed class SimInode(bool isDirectory)
{
    private const int SectorBytes = 512;

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

    public void Write(long offset, ReadOnlySpan<byte> source)
    {
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

    /// <summary>What was not synced survives wholly, partly, torn at sectors, or not at all.</summary>
    public void Crash(SimRandom random)
    {
        int mode = random.Next(5);
        int kept = random.Next(_unsynced.Count + 1);
        for (int i = 0; i < _unsynced.Count; i++)
        {
            UnsyncedWrite write = _unsynced[i];
            switch (mode)
            {
                case 0:
                    break;
                case 1 when i < kept:
                case 2 when random.Chance(0.5):
                    Apply(ref _durable, write.Offset, write.Bytes);
                    break;
                case 3 or 4:
                    Tear(write, random, withZeroes: mode == 4);
                    break;
                default:
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
        return copy;
    }

    private void Tear(UnsyncedWrite write, SimRandom random, bool withZeroes)
    {
        int end = write.Offset + write.Bytes.Length;
        for (int at = write.Offset; at < end;)
        {
            int sectorEnd = Math.Min(end, ((at / SectorBytes) + 1) * SectorBytes);
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

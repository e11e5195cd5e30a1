using Concord.Simulation.Consensus;

namespace Concord.Simulation.Disk;

/// <content>What can be wrong with the disk besides a crash. Each fault counts itself.</content>
internal sealed partial class SimFileSystem
{
    private const int InputOutputErrorResult = 5;
    private const int SectorBytes = 512;

    /// <summary>Where each fault that struck is counted.</summary>
    public FaultTally Faults { get; set; } = new();

    /// <summary>The next sync of a file fails, and what it should have made durable never will be.</summary>
    public bool FailNextSync { get; set; }

    /// <summary>The next write fails, and nothing of it is written.</summary>
    public bool FailNextWrite { get; set; }

    /// <summary>The next write fails in the middle: what comes first is written.</summary>
    public bool ShortenNextWrite { get; set; }

    /// <summary>The next write goes to another sector of its file, and is reported as done.</summary>
    public bool MisdirectNextWrite { get; set; }

    /// <summary>The next read has a bit that is not on the disk; the one after it has not.</summary>
    public bool FlipNextRead { get; set; }

    /// <summary>How much the disk holds, in bytes of all files.</summary>
    public long BytesLimit { get; set; } = long.MaxValue;

    /// <summary>Files that find no room although others do.</summary>
    public Func<string, bool>? NoRoomFor { get; set; }

    /// <summary>What all files take, in bytes.</summary>
    public long BytesUsed => _names.Entries.Sum(static entry => entry.Value.Length);

    /// <summary>Rot: changes a bit that is on the disk.</summary>
    public void FlipBit(string path, long offset, int bit)
    {
        Faults.Count(FaultKind.BitFlipped);
        FileAt(path).FlipBit(offset, bit);
    }

    /// <summary>A sector that was durable reads as zero.</summary>
    public void ZeroSector(string path, long sector)
    {
        Faults.Count(FaultKind.SectorZeroed);
        FileAt(path).Overwrite(sector * SectorBytes, new byte[SectorBytes]);
    }

    /// <summary>Reading a range fails from now on, until it is written again.</summary>
    public void FailReads(string path, long offset, long length) => FileAt(path).FailReads(offset, offset + length);

    /// <summary>What was durable behind a length is gone.</summary>
    public void Truncate(string path, long length)
    {
        Faults.Count(FaultKind.FileTruncated);
        FileAt(path).Truncate(length);
    }

    /// <summary>A file that was durable is gone.</summary>
    public void Lose(string path)
    {
        Faults.Count(FaultKind.FileLost);
        FileAt(path);
        _names.Lose(path);
    }

    /// <summary>The disk is replaced by an empty one.</summary>
    public void Reformat()
    {
        Faults.Count(FaultKind.DiskLost);
        _names = new();
        Kill();
    }

    private static IOException InputOutputError(string what) =>
        new($"{what} failed: input/output error.", InputOutputErrorResult);

    private void RequireSpace(string path, SimInode file, long end)
    {
        long grows = end - file.Length;
        if (grows > 0 && (BytesUsed + grows > BytesLimit || NoRoomFor?.Invoke(path) == true))
        {
            Faults.Count(FaultKind.DiskFull);
            throw new IOException("No space left on device.", NoSpaceResult);
        }
    }

    private void WriteFile(string path, SimInode file, long offset, byte[] bytes)
    {
        if (FailNextWrite)
        {
            FailNextWrite = false;
            Faults.Count(FaultKind.WriteFailed);
            throw InputOutputError($"The write to {path}");
        }

        if (ShortenNextWrite)
        {
            ShortenNextWrite = false;
            Faults.Count(FaultKind.WriteShortened);
            file.Write(offset, bytes.AsSpan(0, _random.Next(bytes.Length)));
            throw InputOutputError($"The write to {path}");
        }

        if (MisdirectNextWrite && file.Length > SectorBytes)
        {
            MisdirectNextWrite = false;
            Faults.Count(FaultKind.WriteMisdirected);
            int sectors = (int)(file.Length / SectorBytes);
            long elsewhere = (((offset / SectorBytes) + 1 + _random.Next(sectors - 1)) % sectors) * SectorBytes;
            file.Write(elsewhere, bytes.AsSpan(0, (int)Math.Min(bytes.Length, file.Length - elsewhere)));
            return;
        }

        file.Write(offset, bytes);
    }

    private int ReadFile(string path, SimInode file, long offset, Span<byte> target)
    {
        if (file.IsUnreadable(offset, offset + target.Length))
        {
            Faults.Count(FaultKind.ReadFailed);
            throw InputOutputError($"The read of {path}");
        }

        int read = file.Read(offset, target);
        if (FlipNextRead && read > 0)
        {
            FlipNextRead = false;
            Faults.Count(FaultKind.BitFlippedOnRead);
            target[_random.Next(read)] ^= (byte)(1 << _random.Next(8));
        }

        return read;
    }

    private void SyncFile(SimInode file)
    {
        if (FailNextSync)
        {
            FailNextSync = false;
            Faults.Count(FaultKind.SyncFailed);
            file.FailSync();
            throw InputOutputError("The sync");
        }

        file.Sync();
    }
}

using Concord.Cluster.Storage;

namespace Concord.Simulation.Disk;

/// <summary>
/// A disk that keeps exactly what it must: what was synced. Everything else may be lost, torn at sectors, or zeroed at
/// a crash, and names that were not synced may come back or vanish; which of it, the seed decides.
/// </summary>
internal sealed partial class SimFileSystem(ulong seed) : IFileSystem
{
    private const int NoSpaceResult = 28;

    private readonly SimRandom _random = new SimRandom(seed).Fork("disk");
    private readonly HashSet<string> _locks = new(StringComparer.Ordinal);
    private SimDirectory _names = new();
    private int _generation;
    private bool _crashed;

    /// <summary>How many operations that change something have been begun.</summary>
    public int OperationCount { get; private set; }

    /// <summary>
    /// Crash at this point: 2n is before the operation n (the first is 0), 2n + 1 after it. Negative: never.
    /// </summary>
    public int CrashPoint { get; set; } = -1;

    /// <summary>Names of files whose contents a program sees, in order.</summary>
    public IEnumerable<string> Files =>
        _names.Entries.Where(entry => !entry.Value.IsDirectory).Select(entry => entry.Key);

    /// <summary>Power is lost. Handles and locks are void; what was not synced is at the mercy of the seed.</summary>
    public void Crash()
    {
        SimRandom draw = _random.Fork(_random.Next());
        _names.Crash(draw, Faults);
        foreach ((_, SimInode inode) in _names.Entries)
        {
            inode.Crash(draw, Faults);
        }

        Kill();
    }

    /// <summary>Only the process dies: handles and locks are void, what it wrote is still there to be seen.</summary>
    public void Kill()
    {
        _crashed = false;
        CrashPoint = -1;
        FailNextSync = FailNextWrite = ShortenNextWrite = MisdirectNextWrite = FlipNextRead = false;
        _generation++;
        _locks.Clear();
    }

    /// <summary>A disk with the same contents and a fate of its own.</summary>
    public SimFileSystem Copy(ulong copySeed) => new(copySeed) { _names = _names.Copy() };

    /// <summary>What a program sees in a file.</summary>
    public byte[] Contents(string path) => FileAt(path).Seen.ToArray();

    public void CreateDirectory(string path)
    {
        if (Exists(path))
        {
            return;
        }

        if (SimDirectory.Parent(path) is { Length: > 0 } parent)
        {
            CreateDirectory(parent);
        }

        Effect($"create directory {path}", () => _names.Add(path, new SimInode(isDirectory: true)));
    }

    public IReadOnlyList<string> List(string directory)
    {
        ThrowIfCrashed();
        List<string> names = [];
        foreach ((string path, _) in _names.Entries)
        {
            if (SimDirectory.Parent(path) == directory)
            {
                names.Add(Path.GetFileName(path));
            }
        }

        names.Sort(StringComparer.Ordinal);
        return names;
    }

    public bool Exists(string path)
    {
        ThrowIfCrashed();
        return path == Path.GetPathRoot(path) || _names.Find(path) is not null;
    }

    public IFile Open(string path, FileOpening opening)
    {
        ThrowIfCrashed();
        if (opening == FileOpening.CreateNew)
        {
            if (Exists(path))
            {
                throw new IOException($"{path} exists already.");
            }

            if (!Exists(SimDirectory.Parent(path)))
            {
                throw new DirectoryNotFoundException($"There is no folder for {path}.");
            }

            Effect($"create {path}", () => _names.Add(path, new SimInode(isDirectory: false)));
        }

        return new SimFile(this, path, FileAt(path));
    }

    public void Rename(string from, string to)
    {
        FileAt(from);
        Effect($"rename {from} to {to}", () => _names.Rename(from, to));
    }

    public void Delete(string path)
    {
        FileAt(path);
        Effect($"delete {path}", () => _names.Remove(path));
    }

    public void SyncDirectory(string path)
    {
        if (!Exists(path))
        {
            throw new DirectoryNotFoundException($"{path} is not there.");
        }

        Effect($"sync directory {path}", () => _names.Sync(path));
    }

    public IDisposable Lock(string path)
    {
        ThrowIfCrashed();
        if (_names.Find(path) is null)
        {
            Effect($"create {path}", () => _names.Add(path, new SimInode(isDirectory: false)));
        }

        if (!_locks.Add(path))
        {
            throw new IOException($"{path} is locked.");
        }

        return new HeldLock(this, path, _generation);
    }

    private SimInode FileAt(string path)
    {
        ThrowIfCrashed();
        return _names.Find(path) is { IsDirectory: false } inode
            ? inode
            : throw new FileNotFoundException($"{path} is not there.", path);
    }

    private void Effect(string what, Action effect)
    {
        ThrowIfCrashed();
        int number = OperationCount++;
        CrashIf(CrashPoint == 2 * number, $"before operation {number}, {what}");
        effect();
        CrashIf(CrashPoint == (2 * number) + 1, $"after operation {number}, {what}");
    }

    private void CrashIf(bool condition, string at)
    {
        if (condition)
        {
            _crashed = true;
            throw new SimCrashException(at);
        }
    }

    private void ThrowIfCrashed()
    {
        if (_crashed)
        {
            throw new SimCrashException("before");
        }
    }

    private sealed class SimFile(SimFileSystem disk, string path, SimInode inode) : IFile
    {
        private readonly int _generation = disk._generation;
        private bool _disposed;

        public long Length
        {
            get
            {
                Check();
                return inode.Length;
            }
        }

        public int Read(long offset, Span<byte> target)
        {
            Check();
            return disk.ReadFile(path, inode, offset, target);
        }

        public void Write(long offset, ReadOnlySpan<byte> source)
        {
            Check();
            disk.RequireSpace(path, inode, offset + source.Length);
            byte[] bytes = source.ToArray();
            disk.Effect(
                $"write {bytes.Length} bytes at {offset} of {path}",
                () => disk.WriteFile(path, inode, offset, bytes));
        }

        public void StartWriting(long offset, long length)
        {
            // What is not synced may be on the disk or not anyway: that is the crash's to draw.
        }

        public void Sync()
        {
            Check();
            disk.Effect($"sync {path}", () => disk.SyncFile(inode));
        }

        public void Refresh()
        {
            Sync();
            inode.Refresh();
        }

        public void Dispose() => _disposed = true;

        private void Check()
        {
            ObjectDisposedException.ThrowIf(_disposed, this);
            disk.ThrowIfCrashed();
            if (_generation != disk._generation)
            {
                throw new SimCrashException($"before: {path} was opened by a process that is gone");
            }
        }
    }

    private sealed class HeldLock(SimFileSystem disk, string path, int generation) : IDisposable
    {
        public void Dispose()
        {
            if (generation == disk._generation)
            {
                disk._locks.Remove(path);
            }
        }
    }
}

using System.Runtime.InteropServices;
using Microsoft.Win32.SafeHandles;

namespace Concord.Cluster.Storage;

/// <summary>The machine's own files.</summary>
internal sealed class RealFileSystem : IFileSystem
{
    public void CreateDirectory(string path) => Directory.CreateDirectory(path);

    public IReadOnlyList<string> List(string directory)
    {
        List<string> names = [];
        foreach (string path in Directory.EnumerateFileSystemEntries(directory))
        {
            names.Add(Path.GetFileName(path));
        }

        names.Sort(StringComparer.Ordinal);
        return names;
    }

    public bool Exists(string path) => Path.Exists(path);

    public IFile Open(string path, FileOpening opening) => new RealFile(path, opening);

    public void Rename(string from, string to) => File.Move(from, to, overwrite: true);

    public void Delete(string path) => File.Delete(path);

    public void SyncDirectory(string path)
    {
        // Windows has no such call: NTFS journals names with the metadata.
        if (!OperatingSystem.IsWindows())
        {
            Posix.SyncDirectory(path);
        }
    }

    public IDisposable Lock(string path) =>
        new FileStream(path, FileMode.OpenOrCreate, FileAccess.ReadWrite, FileShare.None, bufferSize: 0);

    private sealed class RealFile(string path, FileOpening opening) : IFile
    {
        private readonly SafeFileHandle _handle = File.OpenHandle(
            path,
            opening == FileOpening.CreateNew ? FileMode.CreateNew : FileMode.Open,
            FileAccess.ReadWrite,
            FileShare.Read);

        public long Length => RandomAccess.GetLength(_handle);

        public int Read(long offset, Span<byte> target)
        {
            int total = 0;
            while (total < target.Length)
            {
                int read = RandomAccess.Read(_handle, target[total..], offset + total);
                if (read == 0)
                {
                    break;
                }

                total += read;
            }

            return total;
        }

        public void Write(long offset, ReadOnlySpan<byte> source) => RandomAccess.Write(_handle, source, offset);

        public void StartWriting(long offset, long length)
        {
            if (OperatingSystem.IsLinux())
            {
                Posix.StartWriting(_handle, offset, length);
            }
        }

        public void Sync()
        {
            // fdatasync spares the journal commit for the time of modification, which nobody needs. Elsewhere the
            // runtime knows best: on macOS only F_FULLFSYNC reaches the disk.
            if (OperatingSystem.IsLinux())
            {
                Posix.SyncData(_handle, path);
            }
            else
            {
                RandomAccess.FlushToDisk(_handle);
            }
        }

        public void Refresh()
        {
            Sync();
            if (OperatingSystem.IsLinux())
            {
                Posix.ReadAnew(_handle);
            }
        }

        public void Dispose() => _handle.Dispose();
    }
}

/// <summary>The calls that the base library does not have.</summary>
internal static partial class Posix
{
    private const int Interrupted = 4;
    private const int ReadOnly = 0;
    private const uint StartOnly = 2;
    private const int WillNeed = 3;
    private const int DoNotNeed = 4;

    public static void SyncData(SafeFileHandle file, string path)
    {
        // A call that was interrupted did not fail; any other error is final and is never tried again.
        while (FDataSync(file) != 0)
        {
            ThrowUnlessInterrupted("fdatasync", path);
        }
    }

    public static void SyncDirectory(string path)
    {
        int descriptor;
        while ((descriptor = Open(path, ReadOnly)) < 0)
        {
            ThrowUnlessInterrupted("open", path);
        }

        try
        {
            while (FSync(descriptor) != 0)
            {
                ThrowUnlessInterrupted("fsync", path);
            }
        }
        finally
        {
            _ = Close(descriptor);
        }
    }

    /// <summary>
    /// Advice only. With this flag alone the call neither waits nor takes an error away from the sync that follows.
    /// </summary>
    public static void StartWriting(SafeFileHandle file, long offset, long length) =>
        _ = SyncFileRange(file, offset, length, StartOnly);

    /// <summary>
    /// Lets go of the cached copy, and lets the disk begin to give it anew while other files are read. Advice only: a
    /// machine that does not take it reads from its cache, as always.
    /// </summary>
    public static void ReadAnew(SafeFileHandle file)
    {
        _ = FAdvise(file, 0, 0, DoNotNeed);
        _ = FAdvise(file, 0, 0, WillNeed);
    }

    private static void ThrowUnlessInterrupted(string call, string path)
    {
        int error = Marshal.GetLastPInvokeError();
        if (error != Interrupted)
        {
            string reason = Marshal.GetPInvokeErrorMessage(error);
            throw new IOException($"{call} of {path} failed: {reason} ({error}).", error);
        }
    }

    [LibraryImport("libc", EntryPoint = "fdatasync", SetLastError = true)]
    private static partial int FDataSync(SafeFileHandle descriptor);

    [LibraryImport("libc", EntryPoint = "sync_file_range")]
    private static partial int SyncFileRange(SafeFileHandle descriptor, long offset, long length, uint flags);

    [LibraryImport("libc", EntryPoint = "posix_fadvise")]
    private static partial int FAdvise(SafeFileHandle descriptor, long offset, long length, int advice);

    [LibraryImport("libc", EntryPoint = "open", SetLastError = true, StringMarshalling = StringMarshalling.Utf8)]
    private static partial int Open(string path, int flags);

    [LibraryImport("libc", EntryPoint = "fsync", SetLastError = true)]
    private static partial int FSync(int descriptor);

    [LibraryImport("libc", EntryPoint = "close", SetLastError = true)]
    private static partial int Close(int descriptor);
}

namespace Concord.Cluster.Storage;

/// <summary>
/// The few things that a node asks of a disk. Blocking, for the log thread waits for them anyway. A name is durable
/// only after <see cref="SyncDirectory"/>, contents only after <see cref="IFile.Sync"/>; the simulator's disk loses
/// everything else. Failures are IOExceptions, and are never tried again.
/// </summary>
internal interface IFileSystem
{
    /// <summary>Creates a directory, and those above it, if they are not there.</summary>
    void CreateDirectory(string path);

    /// <summary>The names in a directory, of files and of directories, in ordinal order.</summary>
    IReadOnlyList<string> List(string directory);

    /// <summary>Whether there is a file or a directory.</summary>
    bool Exists(string path);

    IFile Open(string path, FileOpening opening);

    /// <summary>Renames a file; one that has the new name already is replaced.</summary>
    void Rename(string from, string to);

    void Delete(string path);

    /// <summary>Makes creations, renames and deletions in a directory durable.</summary>
    void SyncDirectory(string path);

    /// <summary>
    /// Holds a file exclusively, across processes, until disposed. IOException when somebody else does.
    /// </summary>
    IDisposable Lock(string path);
}

internal enum FileOpening
{
    /// <summary>The file must be there.</summary>
    Existing,

    /// <summary>The file must not be there.</summary>
    CreateNew,
}

internal interface IFile : IDisposable
{
    long Length { get; }

    /// <summary>Fills <paramref name="target"/> from <paramref name="offset"/> on.</summary>
    /// <returns>How many bytes; fewer than wanted only at the end of the file.</returns>
    int Read(long offset, Span<byte> target);

    /// <summary>Writes all of <paramref name="source"/>; the file grows if it must.</summary>
    void Write(long offset, ReadOnlySpan<byte> source);

    /// <summary>
    /// Lets the machine begin to write a range, where it can, so that the <see cref="Sync"/> that has to follow takes
    /// less time. Proves nothing and never fails: if the range cannot be written, that sync says so.
    /// </summary>
    void StartWriting(long offset, long length);

    /// <summary>
    /// Makes what was written, and the length, durable. A failure is final: what was not durable is lost.
    /// </summary>
    void Sync();

    /// <summary>
    /// Syncs, and lets go of the cached copy where the machine can, so that the next read comes from the disk: after a
    /// sync that failed, some file systems go on to show what never reached the disk.
    /// </summary>
    void Refresh();
}

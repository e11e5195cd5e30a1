using Concord.Engines;

namespace Concord.Cluster.Storage;

/// <summary>
/// The data folder of a node: a lock, a marker that says whose it is, and folders for the log and the snapshots. Two
/// processes never have the same one: each would grant "the" lock.
/// </summary>
internal sealed class NodeFolder : IDisposable
{
    private const string LockName = "LOCK";
    private const string MarkerName = "concord.txt";
    private const string MarkerDraftName = "concord.txt.tmp";
    private const string MarkerText = "Concord data folder, version 1\n";

    private readonly IDisposable _lock;

    private NodeFolder(string path, IDisposable heldLock) => (FullPath, _lock) = (path, heldLock);

    public string FullPath { get; }

    public string LogDirectory => Path.Combine(FullPath, "log");

    public string SnapshotDirectory => Path.Combine(FullPath, "snapshots");

    /// <summary>Opens the folder, or creates it, and holds it until disposed.</summary>
    /// <exception cref="EngineStoppedException">It is in use, holds something else, or is of a later
    /// version.</exception>
    public static NodeFolder Open(IFileSystem files, string path)
    {
        if (!files.Exists(path))
        {
            Create(files, path);
        }

        // Before the lock is created: a folder that is not ours gets nothing of ours.
        RefuseForeign(files, path);
        var folder = new NodeFolder(path, Lock(files, path));
        try
        {
            folder.Prepare(files);
            return folder;
        }
        catch
        {
            folder.Dispose();
            throw;
        }
    }

    public void Dispose() => _lock.Dispose();

    /// <summary>Creates the folder and those above it that are missing, each durable in the one that holds it: a crash
    /// must not take away a folder together with all that was synced in it.</summary>
    private static void Create(IFileSystem files, string path)
    {
        string? parent = Path.GetDirectoryName(path);
        if (parent is { Length: > 0 } && !files.Exists(parent))
        {
            Create(files, parent);
        }

        try
        {
            files.CreateDirectory(path);
        }
        catch (Exception exception) when (exception is IOException or UnauthorizedAccessException)
        {
            throw EngineErrors.Stopped(
                $"The folder {path} cannot be made: {exception.Message.TrimEnd('.')}. Nothing was changed. Choose "
                + "another, or see to it that this process may write there.",
                exception);
        }

        if (parent is { Length: > 0 })
        {
            files.SyncDirectory(parent);
        }
    }

    private static void RefuseForeign(IFileSystem files, string path)
    {
        IReadOnlyList<string> names = files.List(path);
        if (names.Contains(MarkerName))
        {
            return;
        }

        foreach (string name in names)
        {
            if (name is not (LockName or MarkerDraftName))
            {
                throw EngineErrors.Stopped(
                    $"The folder {path} holds something else: it has '{name}' and no {MarkerName}. Nothing was "
                    + "changed. Give the node an empty folder, or the one that it had.");
            }
        }
    }

    private static IDisposable Lock(IFileSystem files, string path)
    {
        try
        {
            return files.Lock(Path.Combine(path, LockName));
        }
        catch (IOException exception)
        {
            throw EngineErrors.Stopped(
                $"The folder {path} is in use by another node, or its {LockName} cannot be opened: {exception.Message} "
                + "Nothing was changed. Stop the other node, or give this one a folder of its own.",
                exception);
        }
    }

    private void Prepare(IFileSystem files)
    {
        string marker = Path.Combine(FullPath, MarkerName);
        if (files.Exists(marker))
        {
            CheckMarker(files, marker);
        }
        else
        {
            CreateMarker(files, marker);
        }

        files.CreateDirectory(LogDirectory);
        files.CreateDirectory(SnapshotDirectory);
        files.SyncDirectory(FullPath);
    }

    private void CreateMarker(IFileSystem files, string marker)
    {
        string draft = Path.Combine(FullPath, MarkerDraftName);
        if (files.Exists(draft))
        {
            files.Delete(draft);
        }

        using (IFile file = files.Open(draft, FileOpening.CreateNew))
        {
            file.Write(0, System.Text.Encoding.UTF8.GetBytes(MarkerText));
            file.Sync();
        }

        // Durable before anything else of ours is in the folder: a crash must not leave a log without its marker.
        files.Rename(draft, marker);
        files.SyncDirectory(FullPath);
    }

    private static void CheckMarker(IFileSystem files, string marker)
    {
        using IFile file = files.Open(marker, FileOpening.Existing);
        byte[] bytes = new byte[Math.Min(file.Length, 1024)];
        int read = file.Read(0, bytes);
        string text = System.Text.Encoding.UTF8.GetString(bytes, 0, read);
        if (text != MarkerText)
        {
            throw EngineErrors.Stopped(
                $"{marker} does not say '{MarkerText.TrimEnd()}': the folder is of a later version, or holds something "
                + "else. Nothing was changed. Start this node with the version that wrote it, or a newer one.");
        }
    }
}

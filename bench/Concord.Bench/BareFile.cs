using Concord.Cluster.Storage;

namespace Concord.Bench;

/// <summary>
/// The least that durability costs: pwrite and fdatasync, one behind the other, into a file whose blocks are there.
/// </summary>
internal sealed class BareFile : IDisposable
{
    private const int FileBytes = 16 << 20;
    private const int SliceBytes = 256 << 10;

    private readonly IFile _file;
    private int _offset;

    public BareFile(IFileSystem files, string path)
    {
        _file = files.Open(path, FileOpening.CreateNew);
        byte[] zeros = new byte[SliceBytes];
        for (int offset = 0; offset < FileBytes; offset += SliceBytes)
        {
            _file.Write(offset, zeros);
        }

        _file.Sync();
        files.SyncDirectory(Path.GetDirectoryName(path)!);
    }

    /// <summary>Writes behind what was written before, at the end from the beginning again, and syncs.</summary>
    /// <returns>The time, in nanoseconds.</returns>
    public double Write(byte[] bytes)
    {
        _offset = _offset + bytes.Length > FileBytes ? 0 : _offset;
        double time = Rounds.Time(() =>
        {
            _file.Write(_offset, bytes);
            _file.Sync();
        });
        _offset += bytes.Length;
        return time;
    }

    public void Dispose() => _file.Dispose();
}

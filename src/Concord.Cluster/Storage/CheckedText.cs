using System.Globalization;
using System.Text;
using Concord.Encoding;
using Concord.Engines;

namespace Concord.Cluster.Storage;

/// <summary>
/// A small text file of a node's folder: a title with a version, lines, and a checksum. It is replaced as a whole:
/// written under another name, synced, renamed, and the folder synced. So a crash leaves the old one or the new one.
/// </summary>
internal static class CheckedText
{
    private const string DraftSuffix = ".tmp";
    private const string ChecksumName = "checksum ";
    private const int BytesMax = 64 << 10;

    /// <returns>The lines behind the title; null when there is no such file.</returns>
    /// <exception cref="StorageCorruptException">It is damaged.</exception>
    /// <exception cref="EngineStoppedException">It was written by a later version.</exception>
    public static string[]? Read(IFileSystem files, string path, string title)
    {
        if (!files.Exists(path))
        {
            return null;
        }

        byte[] bytes;
        using (IFile file = files.Open(path, FileOpening.Existing))
        {
            bytes = new byte[Math.Min(file.Length, BytesMax)];
            int read = file.Read(0, bytes);
            bytes = bytes[..read];
        }

        string text = System.Text.Encoding.UTF8.GetString(bytes);
        int end = text.LastIndexOf(ChecksumName, StringComparison.Ordinal);
        if (end < 0 || text[end..] != ChecksumName + ChecksumOf(text[..end]) + "\n")
        {
            throw new StorageCorruptException(
                $"{path} is damaged: its text does not match its checksum. Nothing was changed. Restore it from a "
                + "backup, or remove this node from the cluster and add a new one in its place.",
                path);
        }

        string[] lines = text[..end].Split('\n', StringSplitOptions.RemoveEmptyEntries);
        return lines[0] == title
            ? lines[1..]
            : throw EngineErrors.Stopped(
                $"{path} does not begin with '{title}': the folder is of a later version. Nothing was changed. "
                + "Start this node with the version that wrote it, or a newer one.");
    }

    public static void Write(IFileSystem files, string path, string title, IEnumerable<string> lines)
    {
        var text = new StringBuilder(title).Append('\n');
        foreach (string line in lines)
        {
            text.Append(line).Append('\n');
        }

        string checksum = ChecksumOf(text.ToString());
        text.Append(ChecksumName).Append(checksum).Append('\n');
        string draft = path + DraftSuffix;
        if (files.Exists(draft))
        {
            files.Delete(draft);
        }

        using (IFile file = files.Open(draft, FileOpening.CreateNew))
        {
            file.Write(0, System.Text.Encoding.UTF8.GetBytes(text.ToString()));
            file.Sync();
        }

        files.Rename(draft, path);
        files.SyncDirectory(Path.GetDirectoryName(path)!);
    }

    private static string ChecksumOf(string text) =>
        Checksum.Crc32C(System.Text.Encoding.UTF8.GetBytes(text)).ToString("x8", CultureInfo.InvariantCulture);
}

namespace Concord.Cli.Orders;

/// <summary>Reads the files that the user names, and says in one sentence what is wrong with one.</summary>
internal static class InputFile
{
    private static ReadOnlySpan<byte> ByteOrderMark => [0xEF, 0xBB, 0xBF];

    public static byte[] ReadAll(string path, string what)
    {
        try
        {
            return File.ReadAllBytes(path);
        }
        catch (Exception error) when (IsUnreadable(error))
        {
            throw Unreadable(path, what, error);
        }
    }

    /// <summary>What to read a file with that may be long.</summary>
    public static FileStream Open(string path, string what)
    {
        try
        {
            return new FileStream(path, FileMode.Open, FileAccess.Read, FileShare.ReadWrite, 1 << 16);
        }
        catch (Exception error) when (IsUnreadable(error))
        {
            throw Unreadable(path, what, error);
        }
    }

    public static ReadOnlySpan<byte> WithoutByteOrderMark(ReadOnlySpan<byte> utf8) =>
        utf8.StartsWith(ByteOrderMark) ? utf8[ByteOrderMark.Length..] : utf8;

    public static bool IsUnreadable(Exception error) =>
        error is IOException or UnauthorizedAccessException or ArgumentException or NotSupportedException;

    public static CliException Unreadable(string path, string what, Exception error)
    {
        string reason = error switch
        {
            FileNotFoundException or DirectoryNotFoundException => "there is no such file",
            UnauthorizedAccessException when Directory.Exists(path) => "it is a folder",
            UnauthorizedAccessException => "access is denied",
            _ => error.Message.TrimEnd('.'),
        };
        return new CliException($"The {what} {path} cannot be read: {reason}; name a readable file.");
    }
}

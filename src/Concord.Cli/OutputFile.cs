namespace Concord.Cli;

/// <summary>Files that the command writes because the user named them.</summary>
internal static class OutputFile
{
    /// <summary>Refuses a file that could not be written, before minutes of work are spent on what goes into
    /// it.</summary>
    /// <exception cref="CliException">It cannot be written.</exception>
    public static void Probe(string? path)
    {
        if (path is not null)
        {
            Guard(path, () => new FileStream(path, FileMode.OpenOrCreate, FileAccess.Write).Dispose());
        }
    }

    /// <exception cref="CliException">It cannot be written.</exception>
    public static void Write(string? path, Func<byte[]> content)
    {
        if (path is not null)
        {
            Guard(path, () => File.WriteAllBytes(path, content()));
        }
    }

    private static void Guard(string path, Action action)
    {
        try
        {
            action();
        }
        catch (Exception error) when (error is IOException or UnauthorizedAccessException or ArgumentException)
        {
            throw new CliException($"{path} cannot be written: {error.Message.TrimEnd('.')}; name another file.");
        }
    }
}

namespace Concord.Cluster;

/// <summary>
/// What is on the disk is not what was written there. Nothing was changed: the node refuses to start rather than to
/// answer from a log with a hole. Restore the folder from a backup, or remove this node and add a new one in its place.
/// </summary>
/// <param name="message">Which batch of which file is damaged, what was kept, what to do.</param>
/// <param name="file">The file that is damaged or missing.</param>
/// <param name="innerException">The cause, if there is another.</param>
public sealed class StorageCorruptException(string message, string file, Exception? innerException = null)
    : Exception(message, innerException)
{
    /// <summary>The file that is damaged or missing.</summary>
    public string File { get; } = file;
}

using System.Globalization;

namespace Concord.Cluster.Storage;

/// <summary>Which failures say that there is no room, and what to tell.</summary>
internal static class DiskSpace
{
    private const int NoSpace = 28;
    private const int QuotaExceeded = 122;
    private const int WindowsDiskFull = 112;
    private const int WindowsHandleDiskFull = 39;

    /// <summary>Whether a failure says that the disk, or the share of it that is ours, is full.</summary>
    public static bool IsExhausted(Exception exception)
    {
        int code = exception.HResult & 0xFFFF;
        return exception is IOException
            && (code == NoSpace || (OperatingSystem.IsWindows()
                ? code is WindowsDiskFull or WindowsHandleDiskFull
                : code == QuotaExceeded));
    }

    /// <summary>What a node that has become read-only says to those who want to write.</summary>
    public static string Sentence(string node, long bytesNeeded) => string.Create(
        CultureInfo.InvariantCulture,
        $"The disk of node {node} is full: reads go on, and nothing that was acknowledged was lost. Nothing of this "
        + $"write happened. Free {bytesNeeded} bytes there; the node then takes writes again by itself.");
}

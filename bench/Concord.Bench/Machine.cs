using System.Runtime;
using System.Runtime.InteropServices;

namespace Concord.Bench;

/// <summary>Where it was measured: without that a figure means nothing.</summary>
internal static class Machine
{
    private const string Unknown = "unknown";

    public static IReadOnlyList<(string Name, string Value)> Describe() =>
    [
        ("date", TimeProvider.System.GetUtcNow().ToString("u", null)),
        (".NET", $"{RuntimeInformation.FrameworkDescription}, {(GCSettings.IsServerGC ? "server" : "workstation")} GC"),
        ("system", $"{RuntimeInformation.OSDescription}, {RuntimeInformation.ProcessArchitecture}"),
        ("processor", $"{Environment.ProcessorCount} x {ProcessorName()}"),
        ("temporary folder", $"{Path.GetTempPath()} ({FormatOf(Path.GetTempPath())})"),
        ("load before", LoadAverage()),
    ];

    /// <summary>How many threads wanted to run in the last 1, 5 and 15 minutes, where the system says it.</summary>
    public static string LoadAverage() =>
        File.Exists("/proc/loadavg") ? string.Join(' ', File.ReadAllText("/proc/loadavg").Split(' ')[..3]) : Unknown;

    private static string ProcessorName()
    {
        const string Path = "/proc/cpuinfo";
        string? line = File.Exists(Path)
            ? File.ReadLines(Path).FirstOrDefault(each => each.StartsWith("model name", StringComparison.Ordinal))
            : null;
        return line?[(line.IndexOf(':', StringComparison.Ordinal) + 1)..].Trim() ?? Unknown;
    }

    /// <summary>On a disk that is memory a sync costs nothing, and the log's figures say nothing.</summary>
    private static string FormatOf(string folder)
    {
        DriveInfo? drive = DriveInfo.GetDrives()
            .Where(each => folder.StartsWith(each.RootDirectory.FullName, StringComparison.Ordinal))
            .MaxBy(each => each.RootDirectory.FullName.Length);
        return drive?.DriveFormat ?? Unknown;
    }
}

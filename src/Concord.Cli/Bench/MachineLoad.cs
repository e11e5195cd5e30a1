namespace Concord.Cli.Bench;

/// <summary>How busy the machine is with everything: a figure without it says little.</summary>
internal static class MachineLoad
{
    private const string LinuxFile = "/proc/loadavg";

    /// <summary>The load of the last minute, or null where the system does not tell.</summary>
    public static string? Now => File.Exists(LinuxFile) ? File.ReadAllText(LinuxFile).Split(' ')[0] : null;

    /// <summary>For a report: before and after.</summary>
    public static string Text(string? before, string? after) => before is null
        ? $"{Environment.ProcessorCount} processors"
        : $"{before} before, {after} after, on {Environment.ProcessorCount} processors";
}

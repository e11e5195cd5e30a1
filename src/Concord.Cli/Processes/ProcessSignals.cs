using System.Runtime.InteropServices;

namespace Concord.Cli.Processes;

/// <summary>Stops a process where it stands, and lets it go on.</summary>
internal static partial class ProcessSignals
{
    // Their numbers on Linux; on other systems there is nobody who asks for them.
    private const int Continue = 18;
    private const int Stop = 19;

    /// <summary>Whether processes can be paused here.</summary>
    public static bool ArePossible => OperatingSystem.IsLinux();

    /// <summary>SIGSTOP: it does nothing more, and does not know.</summary>
    public static void Pause(int process) => _ = Kill(process, Stop);

    /// <summary>SIGCONT. Of a process that has ended nobody takes notice.</summary>
    public static void Resume(int process) => _ = Kill(process, Continue);

    [LibraryImport("libc", EntryPoint = "kill")]
    private static partial int Kill(int process, int signal);
}

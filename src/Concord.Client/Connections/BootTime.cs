using System.Runtime.InteropServices;

namespace Concord.Client.Connections;

/// <summary>
/// The system's time with a monotonic clock that goes on while the machine sleeps (Linux: CLOCK_BOOTTIME). A lease that
/// is counted by a clock which stops during a suspend outlasts its end. Where there is no such clock, the system's.
/// </summary>
internal sealed partial class BootTime : TimeProvider
{
    private const int ClockBootTime = 7;
    private const long NanosecondsPerSecond = 1_000_000_000;

    private BootTime()
    {
    }

    /// <summary>The clock to count leases by, where the application gave none of its own.</summary>
    public static TimeProvider Instance { get; } =
        OperatingSystem.IsLinux() && TryRead(out _) ? new BootTime() : TimeProvider.System;

    public override long TimestampFrequency => NanosecondsPerSecond;

    /// <summary>The given time, or one like it that counts suspends, if it is the system's.</summary>
    public static TimeProvider Of(TimeProvider time) => time == TimeProvider.System ? Instance : time;

    public override long GetTimestamp() => TryRead(out long nanoseconds)
        ? nanoseconds
        : throw new InvalidOperationException("The clock of this machine cannot be read any more.");

    private static bool TryRead(out long nanoseconds)
    {
        nanoseconds = 0;
        try
        {
            if (GetTime(ClockBootTime, out TimeSpec now) != 0)
            {
                return false;
            }

            nanoseconds = (now.Seconds * NanosecondsPerSecond) + now.Nanoseconds;
            return true;
        }
        catch (Exception e) when (e is DllNotFoundException or EntryPointNotFoundException)
        {
            return false;
        }
    }

    [LibraryImport("libc", EntryPoint = "clock_gettime")]
    [DefaultDllImportSearchPaths(DllImportSearchPath.SafeDirectories)]
    private static partial int GetTime(int clock, out TimeSpec time);

    /// <summary>As on every 64-bit Linux.</summary>
    [StructLayout(LayoutKind.Sequential)]
    private struct TimeSpec
    {
        public long Seconds;
        public long Nanoseconds;
    }
}

namespace Concord.House;

/// <summary>What a core may not use: it gets time, randomness and I/O as events, and runs on whatever thread calls
/// it.</summary>
internal static class CoreRules
{
    private static readonly string[] s_namespaces =
    [
        "System.Threading.", "System.Net.", "System.IO.", "System.Timers.", "System.Collections.Concurrent.",
        "System.Security.Cryptography.",
    ];

    private static readonly string[] s_types =
    [
        "System.Console", "System.Diagnostics.Process", "System.Diagnostics.Stopwatch", "System.Environment",
        "System.HashCode", "System.Random", "System.TimeProvider",
        "System.Runtime.CompilerServices.AsyncTaskMethodBuilder", "System.Runtime.CompilerServices.TaskAwaiter",
    ];

    private static readonly string[] s_members =
    [
        "System.DateTime.get_Now", "System.DateTime.get_UtcNow", "System.DateTime.get_Today",
        "System.DateTimeOffset.get_Now", "System.DateTimeOffset.get_UtcNow",
        "System.Guid.NewGuid", "System.Guid.CreateVersion7", "System.String.GetHashCode",
    ];

    /// <summary>What the compiler itself puts into an assembly, or what is a mere exception type.</summary>
    private static readonly string[] s_allowed = ["System.IO.InvalidDataException"];

    /// <summary>What an assembly uses and a core may not, in a stable order.</summary>
    public static IReadOnlyList<string> Broken(AssemblyImage assembly) =>
    [
        .. assembly.ForeignTypes.Where(IsForbiddenType)
            .Concat(assembly.ForeignMembers.Where(member => s_members.Contains(member)))
            .Distinct()
            .Order(StringComparer.Ordinal),
    ];

    private static bool IsForbiddenType(string type) =>
        !s_allowed.Contains(type)
        && (s_namespaces.Any(prefix => type.StartsWith(prefix, StringComparison.Ordinal)) || s_types.Contains(type));
}

using System.Globalization;

namespace Concord.Cli.Bench;

/// <summary>What is loaded, by name: the same on both sides.</summary>
internal static class LoadNames
{
    public const string OneLock = "lock/one";
    public const string Counter = "bench/counter";
    public const string Queue = "bench/queue";

    /// <summary>One for each key of a load.</summary>
    public static IReadOnlyList<string> Values { get; } = Numbered("bench/", LoadCaller.Keys);

    /// <summary>One for each caller, as far as they go.</summary>
    public static IReadOnlyList<string> Locks { get; } = Numbered("lock/", LoadCaller.Locks);

    private static string[] Numbered(string prefix, int count) =>
    [
        .. Enumerable.Range(0, count).Select(
            i => string.Create(CultureInfo.InvariantCulture, $"{prefix}{i:D5}")),
    ];
}

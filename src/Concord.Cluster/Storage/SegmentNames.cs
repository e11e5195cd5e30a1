using System.Globalization;

namespace Concord.Cluster.Storage;

/// <summary>The names in the log's folder. Whatever has another name is left alone.</summary>
internal static class SegmentNames
{
    /// <summary>A segment while it is being filled with zeros. Holds nothing; deleted at the start.</summary>
    public const string Preparing = "next.tmp";

    /// <summary>A copy of something damaged, while it is made; deleted at the start.</summary>
    public const string CopyDraft = "copy.tmp";

    private const string SpareStart = "spare";
    private const string TemporaryExtension = ".tmp";
    private const string Extension = ".log";
    private const int Digits = 10;

    public static string Of(ulong segment) => segment.ToString("D10", CultureInfo.InvariantCulture) + Extension;

    /// <summary>An old segment that waits to be used again. Holds nothing that is needed; deleted at the
    /// start.</summary>
    /// <param name="number">From 1 on.</param>
    public static string Spare(int number) => string.Create(
        CultureInfo.InvariantCulture, $"{SpareStart}-{number}{TemporaryExtension}");

    /// <summary>Whether a file of this name, found at the start, holds nothing. Earlier builds had one spare segment,
    /// without a number.</summary>
    public static bool IsLeftover(string name) => name is Preparing or CopyDraft
        || (name.StartsWith(SpareStart, StringComparison.Ordinal)
            && name.EndsWith(TemporaryExtension, StringComparison.Ordinal));

    public static bool TryParse(string name, out ulong segment)
    {
        segment = 0;
        if (name.Length < Digits + Extension.Length || !name.EndsWith(Extension, StringComparison.Ordinal))
        {
            return false;
        }

        ReadOnlySpan<char> number = name.AsSpan(0, name.Length - Extension.Length);
        return ulong.TryParse(number, NumberStyles.None, CultureInfo.InvariantCulture, out segment)
            && name == Of(segment);
    }
}

using System.Globalization;

namespace Concord.Mutants;

/// <summary>R2 comes before R10: letters, number, further letters.</summary>
internal sealed class IdOrder : IComparer<string>
{
    public static IdOrder Instance { get; } = new();

    public int Compare(string? x, string? y) => Key(x ?? "").CompareTo(Key(y ?? ""));

    private static (string Letters, int Number, string Suffix) Key(string id)
    {
        int digits = 0;
        while (digits < id.Length && !char.IsAsciiDigit(id[digits]))
        {
            digits++;
        }

        int end = digits;
        while (end < id.Length && char.IsAsciiDigit(id[end]))
        {
            end++;
        }

        int number = end > digits ? int.Parse(id.AsSpan(digits, end - digits), CultureInfo.InvariantCulture) : 0;
        return (id[..digits], number, id[end..]);
    }
}

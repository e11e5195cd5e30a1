using System.Text.RegularExpressions;

namespace Concord.House;

/// <summary>The rules of style that a machine can hold; each returns what is wrong, nothing if all is well.</summary>
internal static partial class StyleRules
{
    public const int FileLinesMax = 500;
    public const int LineCharactersMax = 120;

    private static readonly string[] s_bannedNameParts =
        ["Util", "Utils", "Utilities", "Helper", "Helpers", "Manager", "Managers"];

    public static IEnumerable<string> OfAnyText(byte[] content)
    {
        if (content is [0xEF, 0xBB, 0xBF, ..])
        {
            yield return "begins with a byte order mark";
        }

        if (content.Contains((byte)'\r'))
        {
            yield return "has a carriage return; lines end with LF";
        }

        if (content.Contains((byte)'\t'))
        {
            yield return "has a tab; indent with spaces";
        }

        if (content.Length > 0 && content[^1] != (byte)'\n')
        {
            yield return "does not end with a line feed";
        }
    }

    public static IEnumerable<string> OfCode(string text)
    {
        string[] lines = text.Split('\n');
        for (int i = 0; i < lines.Length; i++)
        {
            if (lines[i].Length > LineCharactersMax)
            {
                yield return $"line {i + 1} has {lines[i].Length} characters, more than {LineCharactersMax}";
            }

            if (lines[i].TrimStart().StartsWith("#region", StringComparison.Ordinal))
            {
                yield return $"line {i + 1} opens a region; make it a file";
            }
        }
    }

    public static IEnumerable<string> OfProductCode(string text)
    {
        string[] lines = text.Split('\n');
        if (lines.Length - 1 > FileLinesMax)
        {
            yield return $"has {lines.Length - 1} lines, more than {FileLinesMax}; it is more than one idea";
        }

        for (int i = 0; i < lines.Length; i++)
        {
            if (Unfinished().Match(lines[i]) is { Success: true } match)
            {
                yield return $"line {i + 1} says {match.Value}; finish it or leave it out";
            }
        }
    }

    public static IEnumerable<string> OfFileName(string path)
    {
        string[] words = [.. Word().Matches(Path.GetFileNameWithoutExtension(path)).Select(match => match.Value)];
        return words.Intersect(s_bannedNameParts).Select(word => $"is named a {word}; name what it is");
    }

    [GeneratedRegex(@"\b(TODO|FIXME|HACK|XXX|NotImplementedException)\b")]
    private static partial Regex Unfinished();

    [GeneratedRegex("[A-Z][a-z0-9]*")]
    private static partial Regex Word();
}

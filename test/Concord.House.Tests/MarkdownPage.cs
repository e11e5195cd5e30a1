using System.Text;
using System.Text.RegularExpressions;

namespace Concord.House;

/// <summary>A page of prose: its headings and its links, code blocks left out.</summary>
internal sealed partial class MarkdownPage
{
    private readonly string[] _prose;

    public MarkdownPage(string text) => _prose = [.. WithoutCode(text)];

    /// <summary>How many headings of the first level it has.</summary>
    public int Titles => _prose.Count(line => line.StartsWith("# ", StringComparison.Ordinal));

    /// <summary>The targets of its links, as written.</summary>
    public IEnumerable<string> Links => _prose.SelectMany(line => Link().Matches(InlineCode().Replace(line, "")))
        .Select(match => match.Groups["target"].Value);

    /// <summary>What a link may name behind <c>#</c>: its headings, as hosts of repositories spell them.</summary>
    public IEnumerable<string> Anchors =>
        _prose.Where(line => line.StartsWith('#')).Select(line => Anchor(line.TrimStart('#').Trim()));

    private static string Anchor(string heading)
    {
        StringBuilder anchor = new();
        foreach (char each in heading.ToLowerInvariant())
        {
            if (char.IsLetterOrDigit(each) || each is '-' or '_')
            {
                anchor.Append(each);
            }
            else if (each == ' ')
            {
                anchor.Append('-');
            }
        }

        return anchor.ToString();
    }

    private static IEnumerable<string> WithoutCode(string text)
    {
        bool isCode = false;
        foreach (string line in text.Split('\n'))
        {
            if (line.TrimStart().StartsWith("```", StringComparison.Ordinal))
            {
                isCode = !isCode;
            }
            else if (!isCode)
            {
                yield return line;
            }
        }
    }

    [GeneratedRegex(@"\[[^\]]*\]\((?<target>[^)\s]+)\)")]
    private static partial Regex Link();

    [GeneratedRegex("`[^`]*`(?!\\])")]
    private static partial Regex InlineCode();
}

namespace Concord.Mutants;

/// <summary>A line that looks like one that is not there any more.</summary>
internal sealed record NearestLine(string File, int Line, string Text, double Similarity)
{
    private const double GoodEnough = 0.7;

    /// <summary>Looks in the file where it should be, and in all of <c>src</c> if there is nothing good.</summary>
    public static NearestLine? Search(string root, Edit edit)
    {
        string wanted = MostTelling(edit.Find);
        NearestLine? best = InFile(root, edit.File, wanted);
        if (best is not null && best.Similarity >= GoodEnough)
        {
            return best;
        }

        foreach (string path in Directory.GetFiles(Path.Combine(root, "src"), "*.cs", SearchOption.AllDirectories))
        {
            string file = Path.GetRelativePath(root, path).Replace('\\', '/');
            NearestLine? found = InFile(root, file, wanted);
            if (found is not null && found.Similarity > (best?.Similarity ?? 0))
            {
                best = found;
            }
        }

        return best;
    }

    /// <summary>The longest line of a text.</summary>
    public static string MostTelling(string text) => text.Split('\n').MaxBy(static line => line.Trim().Length) ?? text;

    /// <summary>How many pairs of characters two lines have in common: 0 to 1.</summary>
    public static double Alike(string one, string other)
    {
        Dictionary<(char, char), int> left = PairsOf(one.Trim());
        Dictionary<(char, char), int> right = PairsOf(other.Trim());
        int total = left.Values.Sum() + right.Values.Sum();
        int common = left.Sum(pair => Math.Min(pair.Value, right.GetValueOrDefault(pair.Key)));
        return total == 0 ? 0 : 2.0 * common / total;
    }

    private static NearestLine? InFile(string root, string file, string wanted)
    {
        string path = Path.Combine(root, file);
        return !System.IO.File.Exists(path)
            ? null
            : System.IO.File.ReadLines(path)
                .Select((text, at) => new NearestLine(file, at + 1, text, Alike(text, wanted)))
                .MaxBy(static line => line.Similarity);
    }

    private static Dictionary<(char First, char Second), int> PairsOf(string text)
    {
        Dictionary<(char, char), int> pairs = [];
        for (int i = 1; i < text.Length; i++)
        {
            (char, char) pair = (text[i - 1], text[i]);
            pairs[pair] = pairs.GetValueOrDefault(pair) + 1;
        }

        return pairs;
    }
}

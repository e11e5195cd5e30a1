using System.Globalization;
using System.Text;

namespace Concord.Simulation.Shrinking;

/// <summary>Numbers as a person writes them: <c>3,17,40-44</c>.</summary>
internal static class NumberList
{
    private const int NumbersMax = 1_000_000;

    public static string Write(IEnumerable<int> numbers)
    {
        StringBuilder text = new();
        int[] sorted = [.. numbers.Distinct().Order()];
        for (int i = 0; i < sorted.Length;)
        {
            int last = i;
            while (last + 1 < sorted.Length && sorted[last + 1] == sorted[last] + 1)
            {
                last++;
            }

            text.Append(text.Length > 0 ? "," : "").Append(sorted[i]);
            if (last > i)
            {
                text.Append(last == i + 1 ? ',' : '-').Append(sorted[last]);
            }

            i = last + 1;
        }

        return text.Length == 0 ? "0" : text.ToString();
    }

    /// <exception cref="FormatException">It is no such list.</exception>
    public static int[] Read(string text)
    {
        var numbers = new List<int>();
        foreach (string part in text.Split(','))
        {
            string[] ends = part.Split('-');
            if (ends.Length > 2 || !TryRead(ends[0], out int first) || !TryRead(ends[^1], out int last) || last < first
                || numbers.Count + (long)last - first > NumbersMax)
            {
                throw new FormatException($"\"{part}\" is no number and no range; write for example 3,17,40-44.");
            }

            numbers.AddRange(Enumerable.Range(first, last - first + 1));
        }

        return [.. numbers];
    }

    private static bool TryRead(string text, out int number) =>
        int.TryParse(text, NumberStyles.None, CultureInfo.InvariantCulture, out number);
}

namespace Concord.House;

/// <summary>The lines that differ, by the longest common subsequence; texts here have some hundred lines.</summary>
internal static class LineDiff
{
    public static string Of(string before, string after)
    {
        string[] old = before.Split('\n');
        string[] now = after.Split('\n');
        int[,] common = new int[old.Length + 1, now.Length + 1];
        for (int i = old.Length - 1; i >= 0; i--)
        {
            for (int j = now.Length - 1; j >= 0; j--)
            {
                common[i, j] = old[i] == now[j] ? common[i + 1, j + 1] + 1
                    : Math.Max(common[i + 1, j], common[i, j + 1]);
            }
        }

        return string.Join('\n', Walk(old, now, common));
    }

    private static IEnumerable<string> Walk(string[] old, string[] now, int[,] common)
    {
        int i = 0;
        int j = 0;
        while (i < old.Length || j < now.Length)
        {
            if (i < old.Length && j < now.Length && old[i] == now[j])
            {
                (i, j) = (i + 1, j + 1);
            }
            else if (i < old.Length && (j == now.Length || common[i + 1, j] >= common[i, j + 1]))
            {
                yield return "-" + old[i++];
            }
            else
            {
                yield return "+" + now[j++];
            }
        }
    }
}

namespace Concord.Simulation.Pictures;

/// <content>Partitions as bands.</content>
internal sealed partial class PictureRecorder
{
    private readonly PriorityQueue<Action<long>, long> _later = new();

    /// <summary>Some links were cut or mended.</summary>
    /// <param name="lanes">How many replicas there are.</param>
    /// <param name="isCut">Whether nothing passes from one to another.</param>
    /// <param name="now">When.</param>
    public void LinksChanged(int lanes, Func<int, int, bool> isCut, long now)
    {
        int[] sides = SidesOf(lanes, isCut);
        string text = Describe(lanes, isCut, sides);
        if (_sides is not null && _cuts[^1].Text == text)
        {
            return;
        }

        EndCut(now);
        if (text.Length > 0)
        {
            _sides = sides;
            _cuts.Add(new(now, long.MaxValue, text, sides));
        }
    }

    /// <summary>Has something looked at again when that time has come: a world without a picture has no event
    /// then.</summary>
    public void Later(long at, Action<long> look) => _later.Enqueue(look, at);

    private void LookAgain(long now)
    {
        while (_later.TryPeek(out Action<long>? look, out long at) && at <= now)
        {
            _later.Dequeue();
            look(at);
        }
    }

    private void EndCut(long now)
    {
        if (_sides is not null)
        {
            _cuts[^1] = _cuts[^1] with { Until = now };
            _sides = null;
        }
    }

    /// <summary>The replicas that still reach each other both ways, each such set a number.</summary>
    private static int[] SidesOf(int lanes, Func<int, int, bool> isCut)
    {
        int[] sides = new int[lanes];
        Array.Fill(sides, -1);
        int next = 0;
        for (int first = 0; first < lanes; first++)
        {
            if (sides[first] >= 0)
            {
                continue;
            }

            Spread(first, next++);
        }

        return sides;

        void Spread(int lane, int side)
        {
            sides[lane] = side;
            for (int other = 0; other < lanes; other++)
            {
                if (sides[other] < 0 && !isCut(lane, other) && !isCut(other, lane))
                {
                    Spread(other, side);
                }
            }
        }
    }

    private static string Describe(int lanes, Func<int, int, bool> isCut, int[] sides)
    {
        var oneWay = new List<string>();
        bool anyBothWays = false;
        for (int from = 0; from < lanes; from++)
        {
            for (int to = 0; to < lanes; to++)
            {
                if (isCut(from, to) && !isCut(to, from))
                {
                    oneWay.Add($"n{from + 1} → n{to + 1}");
                }

                anyBothWays |= isCut(from, to) && isCut(to, from);
            }
        }

        if (oneWay.Count > 0)
        {
            return "one way cut: " + string.Join(", ", oneWay);
        }

        if (!anyBothWays)
        {
            return "";
        }

        int count = sides.Max() + 1;
        if (count == 1)
        {
            return "some links are cut, everybody is reached by way of others";
        }

        return string.Join(" ┆ ", Enumerable.Range(0, count).Select(side => string.Join(
            ' ', Enumerable.Range(0, lanes).Where(lane => sides[lane] == side).Select(static lane => $"n{lane + 1}"))));
    }

    private sealed record Cut(long From, long Until, string Text, int[] Sides);
}

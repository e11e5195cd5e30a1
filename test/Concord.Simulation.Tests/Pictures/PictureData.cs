using System.Text.Json;

namespace Concord.Simulation.Tests.Pictures;

/// <summary>Reads what stands in a page.</summary>
internal static class PictureData
{
    public static string PageOf(SimulationOptions options) =>
        System.Text.Encoding.UTF8.GetString(SimulationPicture.OfSeed(options));

    public static JsonDocument Of(string page)
    {
        const string Begin = "id=\"data\">";
        int from = page.IndexOf(Begin, StringComparison.Ordinal) + Begin.Length;
        return JsonDocument.Parse(page[from..page.IndexOf("</script>", from, StringComparison.Ordinal)]);
    }

    public static long[] Column(JsonElement table, string name)
    {
        long sum = 0;
        return [.. table.GetProperty(name).EnumerateArray().Select(value => sum += value.GetInt64())];
    }

    /// <summary>What was in the log of a replica at a moment, as the page would show it.</summary>
    public static List<PlaceShown> LogAt(JsonElement root, int lane, long time)
    {
        JsonElement logs = root.GetProperty("tracks").EnumerateArray()
            .Single(track => track.GetProperty("lane").GetInt32() == lane).GetProperty("logs");
        (long[] times, long[] froms, long[] counts, long[] ids) =
            (Column(logs, "t"), Column(logs, "from"), Column(logs, "count"), Column(logs, "entries"));
        var log = new List<long>();
        int next = 0;
        for (int row = 0; row < times.Length && times[row] <= time; row++)
        {
            log.RemoveRange((int)froms[row] - 1, log.Count - ((int)froms[row] - 1));
            log.AddRange(ids.AsSpan(next, (int)counts[row]));
            next += (int)counts[row];
        }

        JsonElement table = root.GetProperty("entries");
        (long[] stamps, long[] origins, long[] texts) =
            (Column(table, "term"), Column(table, "origin"), Column(table, "text"));
        return [.. log.Select(id => id < 0
            ? new PlaceShown(0, 0, "hole")
            : new(stamps[id], origins[id], root.GetProperty("texts")[(int)texts[id]].GetString()!))];
    }
}

/// <summary>What the page says of one place of a log.</summary>
internal sealed record PlaceShown(long Stamp, long Origin, string Text);

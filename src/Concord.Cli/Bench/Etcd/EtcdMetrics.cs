using System.Globalization;

namespace Concord.Cli.Bench.Etcd;

/// <summary>What a member says of itself.</summary>
internal static class EtcdMetrics
{
    private const string Syncs = "etcd_disk_wal_fsync_duration_seconds_count ";

    private static readonly HttpClient s_http = new();

    /// <summary>How often a member has synced its write-ahead log.</summary>
    public static async Task<long> SyncsAsync(string address, CancellationToken cancellationToken)
    {
        string text = await s_http.GetStringAsync(new Uri($"http://{address}/metrics"), cancellationToken);
        return ReadSyncs(text);
    }

    /// <summary>The count in the text of a member's metrics.</summary>
    public static long ReadSyncs(string text)
    {
        string? line = text.Split('\n').FirstOrDefault(each => each.StartsWith(Syncs, StringComparison.Ordinal));
        return line is null ? 0 : (long)double.Parse(line[Syncs.Length..], CultureInfo.InvariantCulture);
    }
}

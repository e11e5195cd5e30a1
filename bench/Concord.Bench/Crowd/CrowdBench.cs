using System.Globalization;
using System.Net.Sockets;

namespace Concord.Bench.Crowd;

/// <summary>
/// The limit for a crowd of callers that all wait for the same batch, as those do who add to one counter: three bare
/// processes and a bare client on this machine, over loopback and with real files.
/// </summary>
internal static class CrowdBench
{
    public const int Callers = 8;
    public const int Connections = 4;

    /// <summary>Of each connection: so many callers, 64 bytes each.</summary>
    public const int RequestBytes = 64 * Callers / Connections;

    public const int AnswerBytes = 16 * Callers / Connections;
    public const int BatchBytes = 64 * Callers;

    private const int BatchesByRound = 1000;
    private const int WarmUps = 3;
    private const int Measured = 21;

    public static void Run(Report report)
    {
        string folder = Directory.CreateTempSubdirectory("concord-bench-").FullName;
        var nodes = new List<Child>();
        try
        {
            var ports = new List<string>();
            for (int place = 0; place < 3; place++)
            {
                string own = Directory.CreateDirectory(Path.Combine(folder, place.ToString("D", null))).FullName;
                nodes.Add(new(CrowdNode.Verb, own));
                ports.Add(nodes[place].Ask(place < 2 ? "follow" : $"lead {ports[0]} {ports[1]}"));
            }

            int port = int.Parse(ports[2], CultureInfo.InvariantCulture);
            Socket[] connections = [.. Enumerable.Range(0, Connections).Select(_ => Loopback.Connect(port))];
            double[] rates = Rounds.Run(WarmUps, Measured, () => Ask(connections));
            report.Add(new($"crowd: {Callers} callers on {Connections} connections", "1,000 calls/s", rates));
            Array.ForEach(connections, static connection => connection.Dispose());
        }
        finally
        {
            nodes.ForEach(static node => node.Dispose());
            Directory.Delete(folder, recursive: true);
        }
    }

    /// <summary>A thread for each connection, which asks again when its callers are answered.</summary>
    /// <returns>Thousands of answered calls in a second.</returns>
    private static double Ask(Socket[] connections)
    {
        Thread[] threads = [.. connections.Select(static connection => new Thread(() => Ask(connection)))];
        double time = Rounds.Time(() =>
        {
            Array.ForEach(threads, static thread => thread.Start());
            Array.ForEach(threads, static thread => thread.Join());
        });
        return Callers * BatchesByRound / (time / 1e6);
    }

    private static void Ask(Socket connection)
    {
        byte[] request = new byte[RequestBytes];
        byte[] answer = new byte[AnswerBytes];
        for (int i = 0; i < BatchesByRound; i++)
        {
            connection.Send(request);
            Loopback.Fill(connection, answer);
        }
    }
}

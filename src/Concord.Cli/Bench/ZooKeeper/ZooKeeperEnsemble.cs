using System.Diagnostics;
using System.Net;
using System.Net.Sockets;
using Concord.Cli.Processes;
using Text = System.Text.Encoding;

namespace Concord.Cli.Bench.ZooKeeper;

/// <summary>
/// A ZooKeeper ensemble on the loopback interface, each server a process with a folder and a configuration of its own,
/// with the settings that ZooKeeper has of itself: every write is synced by a majority before it is answered.
/// </summary>
internal sealed class ZooKeeperEnsemble : IPeerServers
{
    private const string Library = "/usr/share/java/zookeeper.jar";

    private static readonly TimeSpan s_startLimit = TimeSpan.FromSeconds(90);
    private static readonly TimeSpan s_pause = TimeSpan.FromMilliseconds(250);

    private readonly List<Process> _servers = [];
    private readonly TimeProvider _time;
    private volatile string _lastWords = "it said nothing";
    private string _leader = "";

    private ZooKeeperEnsemble(TimeProvider time) => _time = time;

    public string Name { get; private set; } = "";

    public IReadOnlyList<string> Addresses => [_leader];

    public IReadOnlyList<int> ProcessIds => [.. _servers.Select(static each => each.Id)];

    /// <exception cref="CliException">It is not installed, or does not start.</exception>
    public static async Task<ZooKeeperEnsemble> StartAsync(
        int nodes, string folder, TimeProvider time, CancellationToken cancellationToken)
    {
        if (!File.Exists(Library))
        {
            throw new CliException(
                "There is no ZooKeeper on this machine; install it with: sudo apt-get install zookeeper");
        }

        ZooKeeperEnsemble ensemble = new(time);
        try
        {
            string[] addresses = [.. LoopbackPorts.Pick(nodes * 3)];
            string[] clients = addresses[..nodes];
            string[] members =
            [
                .. clients.Select((client, i) => $"server.{i + 1}={addresses[nodes + i]}:"
                    + $"{IPEndPoint.Parse(addresses[nodes * 2 + i]).Port};{client}"),
            ];
            for (int i = 0; i < nodes; i++)
            {
                ensemble.Start(i + 1, Path.Combine(folder, $"zookeeper-{i + 1}"), members);
            }

            await ensemble.FindLeaderAsync(clients, cancellationToken);
            return ensemble;
        }
        catch
        {
            await ensemble.DisposeAsync();
            throw;
        }
    }

    public async ValueTask DisposeAsync() => await PeerProcesses.StopAsync(_servers, _time);

    private void Start(int number, string folder, string[] members)
    {
        Directory.CreateDirectory(folder);
        File.WriteAllText(Path.Combine(folder, "myid"), $"{number}\n");
        string configuration = Path.Combine(folder, "zoo.cfg");
        File.WriteAllLines(configuration,
        [
            "tickTime=2000", "initLimit=30", "syncLimit=15", $"dataDir={folder}", "admin.enableServer=false",
            "4lw.commands.whitelist=srvr", "maxClientCnxns=0", .. members,
        ]);
        Process server = new()
        {
            StartInfo = PeerProcesses.StartInfo(
                "java", "-Xmx512m", "-cp", Library, "org.apache.zookeeper.server.quorum.QuorumPeerMain", configuration),
        };
        server.OutputDataReceived += Note;
        server.ErrorDataReceived += Note;
        server.Start();
        server.BeginOutputReadLine();
        server.BeginErrorReadLine();
        _servers.Add(server);

        void Note(object sender, DataReceivedEventArgs line) =>
            _lastWords = string.IsNullOrWhiteSpace(line.Data) ? _lastWords : line.Data.Trim();
    }

    private async Task FindLeaderAsync(IReadOnlyList<string> addresses, CancellationToken cancellationToken)
    {
        long start = _time.GetTimestamp();
        while (_leader.Length == 0)
        {
            foreach (string address in addresses)
            {
                string said = await AskAsync(address, cancellationToken);
                if (said.Contains("Mode: leader", StringComparison.Ordinal))
                {
                    _leader = address;
                    Name = $"ZooKeeper {said.Split("version: ")[^1].Split(['-', ','])[0]}";
                }
            }

            if (_servers.Any(static each => each.HasExited))
            {
                throw new CliException($"A ZooKeeper server ended: {_lastWords}; try again.");
            }

            if (_time.GetElapsedTime(start) > s_startLimit)
            {
                throw new CliException(
                    $"The ZooKeeper ensemble has no leader after {s_startLimit.TotalSeconds} s ({_lastWords}); try "
                        + "again when the machine is less busy.");
            }

            await Task.Delay(s_pause, _time, cancellationToken);
        }
    }

    /// <summary>What a server says of itself; nothing if it does not answer.</summary>
    private static async Task<string> AskAsync(string address, CancellationToken cancellationToken)
    {
        try
        {
            using Socket socket = new(SocketType.Stream, ProtocolType.Tcp);
            await socket.ConnectAsync(IPEndPoint.Parse(address), cancellationToken);
            await socket.SendAsync(Text.ASCII.GetBytes("srvr"), cancellationToken);
            byte[] said = new byte[4096];
            int length = 0;
            while (await socket.ReceiveAsync(said.AsMemory(length), cancellationToken) is var count and > 0)
            {
                length += count;
            }

            return Text.ASCII.GetString(said, 0, length);
        }
        catch (SocketException)
        {
            return "";
        }
    }
}

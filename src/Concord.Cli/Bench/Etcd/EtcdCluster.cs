using System.Diagnostics;
using Concord.Cli.Processes;

namespace Concord.Cli.Bench.Etcd;

/// <summary>
/// An etcd cluster on the loopback interface, each member a process with a folder of its own, with the settings that
/// etcd has of itself: every write is synced to the logs of a majority before it is answered.
/// </summary>
internal sealed class EtcdCluster : IPeerServers
{
    private static readonly TimeSpan s_startLimit = TimeSpan.FromSeconds(60);
    private static readonly TimeSpan s_pause = TimeSpan.FromMilliseconds(100);

    private readonly List<Process> _members = [];
    private readonly TimeProvider _time;
    private volatile string _lastError = "it said nothing";

    private EtcdCluster(TimeProvider time) => _time = time;

    /// <summary>Where the member listens for clients that led when the cluster was ready. All clients go there: to
    /// reach the leader by way of another would cost etcd a message each way.</summary>
    public string Leader { get; private set; } = "";

    public string Name { get; private init; } = "";

    public IReadOnlyList<string> Addresses => [Leader];

    public IReadOnlyList<int> ProcessIds => [.. _members.Select(member => member.Id)];

    /// <exception cref="CliException">It does not start.</exception>
    public static async Task<EtcdCluster> StartAsync(
        int nodes, string folder, TimeProvider time, CancellationToken cancellationToken)
    {
        EtcdProgram program = await EtcdProgram.FindAsync(cancellationToken);
        EtcdCluster cluster = new(time) { Name = $"etcd {program.Version}" };
        try
        {
            IReadOnlyList<string> addresses = LoopbackPorts.Pick(nodes * 2);
            string[] peers = [.. addresses.Skip(nodes)];
            string members = string.Join(',', peers.Select((peer, i) => $"member-{i + 1}=http://{peer}"));
            for (int i = 0; i < nodes; i++)
            {
                cluster.StartMember(i, addresses[i], peers[i], members, Path.Combine(folder, $"etcd-{i + 1}"));
            }

            await cluster.FindLeaderAsync([.. addresses.Take(nodes)], cancellationToken);
            return cluster;
        }
        catch
        {
            await cluster.DisposeAsync();
            throw;
        }
    }

    public async ValueTask DisposeAsync() => await PeerProcesses.StopAsync(_members, _time);

    private void StartMember(int number, string client, string peer, string members, string folder)
    {
        Process member = new()
        {
            StartInfo = PeerProcesses.StartInfo(
                EtcdProgram.Name,
                "--name", $"member-{number + 1}",
                "--data-dir", folder,
                "--listen-client-urls", $"http://{client}",
                "--advertise-client-urls", $"http://{client}",
                "--listen-peer-urls", $"http://{peer}",
                "--initial-advertise-peer-urls", $"http://{peer}",
                "--initial-cluster", members,
                "--initial-cluster-state", "new",
                "--logger", "zap",
                "--log-level", "error"),
        };
        member.OutputDataReceived += (_, _) => { };
        member.ErrorDataReceived += (_, line) => _lastError = line.Data ?? _lastError;
        member.Start();
        member.BeginOutputReadLine();
        member.BeginErrorReadLine();
        _members.Add(member);
    }

    private async Task FindLeaderAsync(IReadOnlyList<string> addresses, CancellationToken cancellationToken)
    {
        long start = _time.GetTimestamp();
        while (Leader.Length == 0)
        {
            foreach (string address in addresses)
            {
                Leader = await LeadsAsync(address, cancellationToken) ? address : Leader;
            }

            if (_members.Any(member => member.HasExited))
            {
                throw new CliException($"An etcd member ended: {_lastError}; try again.");
            }

            if (_time.GetElapsedTime(start) > s_startLimit)
            {
                throw new CliException(
                    $"The etcd cluster has no leader after {s_startLimit.TotalSeconds} s ({_lastError}); try again "
                        + "when the machine is less busy.");
            }

            await Task.Delay(s_pause, _time, cancellationToken);
        }
    }

    private static async Task<bool> LeadsAsync(string address, CancellationToken cancellationToken)
    {
        try
        {
            await using EtcdConnection connection = await EtcdConnection.OpenAsync(address, cancellationToken);
            return (await connection.CallAsync(EtcdMessages.Status, [])).IsGood;
        }
        catch (IOException)
        {
            return false;
        }
    }
}

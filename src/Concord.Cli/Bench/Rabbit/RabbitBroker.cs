using System.Diagnostics;
using System.Globalization;
using System.Net;
using Concord.Cli.Processes;

namespace Concord.Cli.Bench.Rabbit;

/// <summary>
/// A RabbitMQ broker on the loopback interface, a process with a folder of its own and beside it the name server that
/// every Erlang node wants, on a port of its own. Nothing of an installed broker's configuration is read.
/// </summary>
internal sealed class RabbitBroker : IPeerServers
{
    private const string Script = "/usr/lib/rabbitmq/bin/rabbitmq-server";

    private static readonly TimeSpan s_startLimit = TimeSpan.FromSeconds(90);
    private static readonly TimeSpan s_pause = TimeSpan.FromMilliseconds(250);

    private readonly List<Process> _processes = [];
    private readonly TimeProvider _time;
    private volatile string _lastWords = "it said nothing";

    private RabbitBroker(string address, TimeProvider time) => (Addresses, _time) = ([address], time);

    public string Name { get; private set; } = "";

    public IReadOnlyList<string> Addresses { get; }

    public IReadOnlyList<int> ProcessIds => [_processes[^1].Id];

    /// <exception cref="CliException">It is not installed, or does not start.</exception>
    public static async Task<RabbitBroker> StartAsync(
        string folder, TimeProvider time, CancellationToken cancellationToken)
    {
        if (!File.Exists(Script))
        {
            throw new CliException(
                "There is no RabbitMQ on this machine; install it with: sudo apt-get install rabbitmq-server");
        }

        IReadOnlyList<string> addresses = LoopbackPorts.Pick(3);
        string[] ports = [.. addresses.Select(
            static each => IPEndPoint.Parse(each).Port.ToString(CultureInfo.InvariantCulture))];
        string home = Directory.CreateDirectory(Path.Combine(folder, "rabbit")).FullName;
        RabbitBroker broker = new(addresses[0], time);
        try
        {
            broker.Start(PeerProcesses.StartInfo("epmd", "-port", ports[1], "-address", "127.0.0.1"));
            broker.Start(StartInfo(home, ports));
            await broker.AwaitAsync(cancellationToken);
            broker.Name = $"RabbitMQ {VersionOf()}";
            return broker;
        }
        catch
        {
            await broker.DisposeAsync();
            throw;
        }
    }

    public async ValueTask DisposeAsync() => await PeerProcesses.StopAsync(Enumerable.Reverse(_processes), _time);

    private static ProcessStartInfo StartInfo(string home, string[] ports)
    {
        ProcessStartInfo start = PeerProcesses.StartInfo(Script);
        string plugins = Path.Combine(home, "enabled_plugins");
        File.WriteAllText(plugins, "[].\n");
        foreach ((string name, string value) in (IEnumerable<(string, string)>)
        [
            ("HOME", home),
            ("ERL_EPMD_PORT", ports[1]),
            ("RABBITMQ_NODENAME", "bench@localhost"),
            ("RABBITMQ_NODE_IP_ADDRESS", "127.0.0.1"),
            ("RABBITMQ_NODE_PORT", ports[0]),
            ("RABBITMQ_DIST_PORT", ports[2]),
            ("RABBITMQ_CONF_ENV_FILE", Path.Combine(home, "none.conf")),
            ("RABBITMQ_CONFIG_FILE", Path.Combine(home, "none")),
            ("RABBITMQ_ENABLED_PLUGINS_FILE", plugins),
            ("RABBITMQ_MNESIA_BASE", Path.Combine(home, "data")),
            ("RABBITMQ_LOG_BASE", Path.Combine(home, "log")),
            ("RABBITMQ_PID_FILE", Path.Combine(home, "pid")),
            ("RABBITMQ_SERVER_ADDITIONAL_ERL_ARGS", "-start_epmd false"),

            // The script becomes the broker instead of watching over it, so that its number is the broker's.
            ("RUNNING_UNDER_SYSTEMD", "true"),
        ])
        {
            start.Environment[name] = value;
        }

        return start;
    }

    private static string VersionOf() =>
        Directory.Exists("/usr/lib/rabbitmq/lib")
            ? Directory.EnumerateDirectories("/usr/lib/rabbitmq/lib", "rabbitmq_server-*")
                .Select(static each => each[(each.LastIndexOf('-') + 1)..]).FirstOrDefault() ?? ""
            : "";

    private void Start(ProcessStartInfo start)
    {
        Process process = new() { StartInfo = start };
        process.OutputDataReceived += Note;
        process.ErrorDataReceived += Note;
        process.Start();
        process.BeginOutputReadLine();
        process.BeginErrorReadLine();
        _processes.Add(process);

        void Note(object sender, DataReceivedEventArgs line) =>
            _lastWords = string.IsNullOrWhiteSpace(line.Data) ? _lastWords : line.Data.Trim();
    }

    private async Task AwaitAsync(CancellationToken cancellationToken)
    {
        long start = _time.GetTimestamp();
        while (true)
        {
            try
            {
                await using RabbitConnection connection = await RabbitConnection.OpenAsync(
                    Addresses[0], LoadNames.Queue, deliveries: null, prefetch: 0, cancellationToken);
                return;
            }
            catch (IOException)
            {
                // Not yet.
            }

            if (_processes.Any(static each => each.HasExited))
            {
                throw new CliException($"RabbitMQ ended: {_lastWords}; try again.");
            }

            if (_time.GetElapsedTime(start) > s_startLimit)
            {
                throw new CliException(
                    $"RabbitMQ does not answer after {s_startLimit.TotalSeconds} s ({_lastWords}); try again when the "
                        + "machine is less busy.");
            }

            await Task.Delay(s_pause, _time, cancellationToken);
        }
    }
}

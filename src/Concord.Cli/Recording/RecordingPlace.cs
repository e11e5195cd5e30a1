using Concord.Cli.Processes;
using Concord.Cluster.Node;

namespace Concord.Cli.Recording;

/// <summary>Where a recording happens: its folder, its network, its disks, its faults. Gone without a trace at the
/// end.</summary>
internal sealed class RecordingPlace : IDisposable
{
    private readonly DirectoryInfo _folder = Directory.CreateTempSubdirectory("concord-record-");
    private readonly NamespaceNetwork? _network;
    private readonly DiskFault? _disks;
    private readonly ClockFault? _clocks;
    private readonly List<Fault> _faults = [];

    /// <exception cref="CliException">This machine cannot do a fault that was asked for.</exception>
    public RecordingPlace(IReadOnlyList<string> faults, int nodes)
    {
        try
        {
            foreach (string kind in faults.Distinct(StringComparer.Ordinal))
            {
                if (MissingFor(kind) is { } missing)
                {
                    throw new CliException($"{missing} Or leave out --nemesis {kind}.");
                }

                switch (kind)
                {
                    case "kill":
                        _faults.Add(new KillFault());
                        break;
                    case "pause":
                        _faults.Add(new PauseFault());
                        break;
                    case "partition":
                        _network = new(nodes);
                        _faults.Add(new PartitionFault());
                        break;
                    case "clock":
                        _faults.Add(_clocks = new(_folder.FullName));
                        break;
                    default:
                        _faults.Add(_disks = new());
                        MountAll(_disks, nodes);
                        break;
                }
            }
        }
        catch
        {
            Dispose();
            throw;
        }
    }

    /// <summary>What can be asked for.</summary>
    public static IReadOnlyList<string> Kinds { get; } = ["kill", "pause", "partition", "clock", "diskfull"];

    public IReadOnlyList<Fault> Faults => _faults;

    public NamespaceNetwork? Network => _network;

    public string Path => _folder.FullName;

    /// <summary>What is missing here for a kind of fault, as a sentence; null if nothing is.</summary>
    public static string? MissingFor(string kind) => kind switch
    {
        "pause" when !ProcessSignals.ArePossible => "Nodes are paused with SIGSTOP, which takes Linux.",
        "partition" => NamespaceNetwork.Missing(),
        "clock" => ClockFault.Missing(),
        "diskfull" => DiskFault.Missing(),
        _ => null,
    };

    /// <summary>The nodes, not yet started.</summary>
    /// <param name="nodes">How many.</param>
    /// <param name="time">The clock of the waits.</param>
    /// <param name="protocol">How they agree.</param>
    /// <param name="around">Changes the surroundings of a node further.</param>
    public RecordedCluster NewCluster(
        int nodes,
        TimeProvider time,
        ReplicaProtocol protocol,
        Func<int, NodeLaunch, NodeLaunch>? around = null) => new(
            _network?.Addresses ?? LoopbackPorts.Pick(nodes),
            DataOf,
            node => around?.Invoke(node, LaunchOf(node)) ?? LaunchOf(node),
            _network,
            protocol,
            time);

    public void Dispose()
    {
        _network?.Dispose();
        _disks?.Dispose();
        _folder.Delete(recursive: true);
    }

    private void MountAll(DiskFault disks, int nodes)
    {
        for (int node = 1; node <= nodes; node++)
        {
            disks.Mount(DiskOf(node));
        }
    }

    private string DiskOf(int node) => System.IO.Path.Combine(_folder.FullName, $"disk-{node}");

    private string DataOf(int node) => System.IO.Path.Combine(DiskOf(node), "data");

    private NodeLaunch LaunchOf(int node)
    {
        NodeLaunch plain = _network is null ? NodeLaunch.Plain : NodeLaunch.Plain with
        {
            Prefix = _network.PrefixOf(node),
        };
        return _clocks?.Around(plain, node) ?? plain;
    }
}

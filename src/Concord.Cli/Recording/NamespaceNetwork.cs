using System.Globalization;
using System.Net.NetworkInformation;
using System.Net.Sockets;

namespace Concord.Cli.Recording;

/// <summary>
/// A network of this machine alone: each node in a network namespace, with a cable to a bridge that we are on too. A
/// way is cut by telling its sender a hardware address that nobody has: packets leave, and arrive nowhere, without a
/// word to anybody. That needs root and <c>ip</c>, and no module of the kernel that may not be there.
/// </summary>
internal sealed class NamespaceNetwork : IDisposable
{
    /// <summary>The place of the clients among the nodes.</summary>
    public const int Clients = 0;

    private const string NamespacePrefix = "concord-";
    private const string NobodysAddress = "02:00:00:00:00:01";
    private const int ClientHost = 254;
    private const int Port = 5001;

    private readonly int _nodes;
    private readonly string _id;
    private readonly string _subnet;
    private readonly string _bridge;

    /// <exception cref="CliException">It could not be made; what was made is gone.</exception>
    public NamespaceNetwork(int nodes)
    {
        _nodes = nodes;
        _id = Environment.ProcessId.ToString(CultureInfo.InvariantCulture);
        _bridge = BridgeOf(_id);
        _subnet = FreeSubnet();
        RemoveLeftOvers();
        try
        {
            Build();
        }
        catch
        {
            Dispose();
            throw;
        }
    }

    /// <summary>Where the nodes listen.</summary>
    public IReadOnlyList<string> Addresses =>
        [.. Enumerable.Range(1, _nodes).Select(node => string.Create(
            CultureInfo.InvariantCulture, $"{AddressOf(node)}:{Port}"))];

    /// <summary>What is missing for such a network here, as a sentence; null if nothing is.</summary>
    public static string? Missing()
    {
        if (!OperatingSystem.IsLinux())
        {
            return "Networks are cut with network namespaces, which only Linux has.";
        }

        return !Environment.IsPrivilegedProcess ? "Networks are cut with network namespaces, which takes root."
            : SystemProgram.TryRun("ip", "-V").Code != 0
                ? "Networks are cut with the program ip; install it (Debian: iproute2)."
            : null;
    }

    /// <summary>How to run a program on a node's side of its cable.</summary>
    public IReadOnlyList<string> PrefixOf(int node) => ["ip", "netns", "exec", NamespaceOf(node)];

    /// <summary>From now on nothing that <paramref name="from"/> sends arrives at <paramref name="to"/>.</summary>
    public void Cut(int from, int to) => SystemProgram.Run(
        "ip",
        [.. On(from), "neigh", "replace", AddressOf(to), "lladdr", NobodysAddress, "dev", DeviceOf(from), "nud",
            "permanent"]);

    /// <summary>Everything arrives again.</summary>
    public void Heal()
    {
        for (int from = 0; from <= _nodes; from++)
        {
            SystemProgram.Run("ip", [.. On(from), "neigh", "flush", "dev", DeviceOf(from), "nud", "permanent"]);
        }
    }

    /// <summary>Takes the network down. Processes in it keep their namespace until they end.</summary>
    public void Dispose()
    {
        for (int node = 1; node <= _nodes; node++)
        {
            SystemProgram.TryRun("ip", "netns", "del", NamespaceOf(node));
        }

        SystemProgram.TryRun("ip", "link", "del", _bridge);
    }

    private void Build()
    {
        SystemProgram.Run("ip", "link", "add", _bridge, "type", "bridge");
        SystemProgram.Run("ip", "addr", "add", AddressOf(Clients) + "/24", "dev", _bridge);
        SystemProgram.Run("ip", "link", "set", _bridge, "up");
        for (int node = 1; node <= _nodes; node++)
        {
            string cable = string.Create(CultureInfo.InvariantCulture, $"cnv{_id}n{node}");
            // A namespace that was deleted lives on until its last process is gone, and its cable with it.
            SystemProgram.TryRun("ip", "link", "del", cable);
            SystemProgram.Run("ip", "netns", "add", NamespaceOf(node));
            SystemProgram.Run(
                "ip", "link", "add", cable, "type", "veth", "peer", "name", DeviceOf(node), "netns", NamespaceOf(node));
            SystemProgram.Run("ip", "link", "set", cable, "master", _bridge, "up");
            SystemProgram.Run("ip", [.. On(node), "link", "set", "lo", "up"]);
            SystemProgram.Run("ip", [.. On(node), "addr", "add", AddressOf(node) + "/24", "dev", DeviceOf(node)]);
            SystemProgram.Run("ip", [.. On(node), "link", "set", DeviceOf(node), "up"]);
        }
    }

    /// <summary>A recorder that was killed could not clean up.</summary>
    private static void RemoveLeftOvers()
    {
        foreach (string line in SystemProgram.TryRun("ip", "netns", "list").Output.Split('\n'))
        {
            string name = line.Split(' ')[0];
            if (name.StartsWith(NamespacePrefix, StringComparison.Ordinal)
                && name.Split('-') is [_, string process, _] && !Directory.Exists($"/proc/{process}"))
            {
                SystemProgram.TryRun("ip", "netns", "del", name);
                SystemProgram.TryRun("ip", "link", "del", BridgeOf(process));
            }
        }
    }

    private static string FreeSubnet()
    {
        string[] taken =
        [
            .. NetworkInterface.GetAllNetworkInterfaces()
                .SelectMany(static each => each.GetIPProperties().UnicastAddresses)
                .Where(static each => each.Address.AddressFamily == AddressFamily.InterNetwork)
                .Select(static each => each.Address.ToString()),
        ];
        for (int i = 0; i < 256; i++)
        {
            string subnet = string.Create(
                CultureInfo.InvariantCulture, $"10.231.{(Environment.ProcessId + i) % 256}.");
            if (!taken.Any(address => address.StartsWith(subnet, StringComparison.Ordinal)))
            {
                return subnet;
            }
        }

        throw new CliException("All networks 10.231.x.0/24 are in use on this machine; remove one.");
    }

    private static string BridgeOf(string id) => "cnb" + id;

    private string[] On(int place) => place == Clients ? [] : ["-n", NamespaceOf(place)];

    private string DeviceOf(int place) => place == Clients ? _bridge : "eth0";

    private string NamespaceOf(int node) =>
        string.Create(CultureInfo.InvariantCulture, $"{NamespacePrefix}{_id}-{node}");

    private string AddressOf(int place) =>
        _subnet + (place == Clients ? ClientHost : place).ToString(CultureInfo.InvariantCulture);
}

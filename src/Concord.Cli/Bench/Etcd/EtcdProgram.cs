namespace Concord.Cli.Bench.Etcd;

/// <summary>The etcd of this machine.</summary>
/// <param name="Version">What it calls itself.</param>
internal sealed record EtcdProgram(string Version)
{
    public const string Name = "etcd";

    /// <exception cref="CliException">There is none.</exception>
    public static async Task<EtcdProgram> FindAsync(CancellationToken cancellationToken)
    {
        string output = await PeerProcesses.OutputOfAsync(
            PeerProcesses.StartInfo(Name, "--version"), cancellationToken)
            ?? throw new CliException(
                "There is no etcd on this machine's PATH; install it with: sudo apt-get install etcd-server");
        return new(output.Split('\n')[0].Replace("etcd Version:", "", StringComparison.Ordinal).Trim());
    }
}

using System.ComponentModel;
using System.Diagnostics;

namespace Concord.Cli.Bench.Etcd;

/// <summary>The etcd of this machine.</summary>
/// <param name="Version">What it calls itself.</param>
internal sealed record EtcdProgram(string Version)
{
    private const string Name = "etcd";

    /// <exception cref="CliException">There is none.</exception>
    public static async Task<EtcdProgram> FindAsync(CancellationToken cancellationToken)
    {
        try
        {
            using Process process = Process.Start(StartInfo("--version"))!;
            string output = await process.StandardOutput.ReadToEndAsync(cancellationToken);
            await process.WaitForExitAsync(cancellationToken);
            return new(output.Split('\n')[0].Replace("etcd Version:", "", StringComparison.Ordinal).Trim());
        }
        catch (Win32Exception)
        {
            throw new CliException(
                "There is no etcd on this machine's PATH; install it with: sudo apt-get install etcd-server");
        }
    }

    public static ProcessStartInfo StartInfo(params string[] arguments)
    {
        ProcessStartInfo start = new(Name)
        {
            RedirectStandardInput = true,
            RedirectStandardOutput = true,
            RedirectStandardError = true,
            UseShellExecute = false,
        };
        foreach (string argument in arguments)
        {
            start.ArgumentList.Add(argument);
        }

        return start;
    }
}

using System.Diagnostics;
using System.Globalization;
using Concord.Cluster.Node;

namespace Concord.Bench.Takeover;

/// <summary>A replica process as the one sees it that gives the orders.</summary>
internal sealed class ReplicaChild : IDisposable
{
    private static readonly TimeSpan s_patience = TimeSpan.FromSeconds(30);

    private readonly Process _process;
    private bool _isDisposed;

    public ReplicaChild(ReplicaProtocol protocol, int place)
    {
        string program = Environment.ProcessPath!;
        bool isDotnet = Path.GetFileNameWithoutExtension(program).Equals("dotnet", StringComparison.OrdinalIgnoreCase);
        string[] words = isDotnet ? [typeof(ReplicaChild).Assembly.Location] : [];
        string[] arguments =
            [.. words, ReplicaProcess.Verb, protocol.Name, place.ToString(CultureInfo.InvariantCulture)];
        _process = Process.Start(new ProcessStartInfo(program, arguments)
        {
            RedirectStandardInput = true,
            RedirectStandardOutput = true,
            UseShellExecute = false,
        })!;
    }

    /// <summary>Gives an order and waits for its answer.</summary>
    public string Ask(string order)
    {
        _process.StandardInput.WriteLine(order);
        _process.StandardInput.Flush();
        Task<string?> answer = _process.StandardOutput.ReadLineAsync();
        if (!answer.Wait(s_patience))
        {
            throw new InvalidOperationException($"'{order}' was not answered within {s_patience.TotalSeconds} s.");
        }

        return answer.Result ?? throw new InvalidOperationException($"A replica ended at '{order}'.");
    }

    /// <summary>Kills it (SIGKILL).</summary>
    public void Dispose()
    {
        if (_isDisposed)
        {
            return;
        }

        _isDisposed = true;
        if (!_process.HasExited)
        {
            _process.Kill();
            _process.WaitForExit();
        }

        _process.Dispose();
    }
}

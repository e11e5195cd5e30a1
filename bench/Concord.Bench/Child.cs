using System.Diagnostics;

namespace Concord.Bench;

/// <summary>Another process of this program, as the one sees it that gives the orders: a line tells it what to do, a
/// line answers.</summary>
internal sealed class Child : IDisposable
{
    private static readonly TimeSpan s_patience = TimeSpan.FromSeconds(30);

    private readonly Process _process;
    private bool _isDisposed;

    /// <param name="words">What it is to be.</param>
    public Child(params string[] words)
    {
        string program = Environment.ProcessPath!;
        bool isDotnet = Path.GetFileNameWithoutExtension(program).Equals("dotnet", StringComparison.OrdinalIgnoreCase);
        string[] arguments = isDotnet ? [typeof(Child).Assembly.Location, .. words] : words;
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

        return answer.Result ?? throw new InvalidOperationException($"A process ended at '{order}'.");
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

using System.Runtime.InteropServices;

namespace Concord.Cli;

/// <summary>
/// Ctrl-C and SIGTERM ask the command to end cleanly; the second one ends it at once. A node that another command runs
/// ignores Ctrl-C, which a terminal sends to both, and stops when its standard input ends: then its parent has ended.
/// </summary>
internal sealed class TerminationSignals : IDisposable
{
    /// <summary>Hidden option of <c>serve</c>.</summary>
    public const string StopWithInputOption = "--stop-with-input";

    private readonly CancellationTokenSource _stop = new();
    private readonly List<PosixSignalRegistration> _registrations = [];
    private readonly bool _isChild;

    public TerminationSignals(IReadOnlyList<string> arguments)
    {
        _isChild = arguments.Contains(StopWithInputOption);
        _registrations.Add(PosixSignalRegistration.Create(PosixSignal.SIGINT, OnInterrupt));
        _registrations.Add(PosixSignalRegistration.Create(PosixSignal.SIGTERM, OnTerminate));
    }

    /// <summary>Cancelled when the command shall end.</summary>
    public CancellationToken Token => _stop.Token;

    public void Dispose()
    {
        _registrations.ForEach(registration => registration.Dispose());
        _stop.Dispose();
    }

    private void OnInterrupt(PosixSignalContext context)
    {
        if (_isChild)
        {
            context.Cancel = true;
        }
        else
        {
            OnTerminate(context);
        }
    }

    private void OnTerminate(PosixSignalContext context)
    {
        if (!_stop.IsCancellationRequested)
        {
            context.Cancel = true;
            _stop.Cancel();
        }
    }
}

namespace Concord.Cluster.Runtime;

/// <summary>
/// A thread that sends what a connection to a peer did not take at once. It sleeps until there is something: a node
/// that has nothing to do should not look for it.
/// </summary>
internal sealed class BlockedSender : IDisposable
{
    private readonly object _gate = new();
    private SocketOutput? _blocked;
    private bool _isStopped;

    public BlockedSender(string name) => new Thread(Run) { IsBackground = true, Name = name }.Start();

    /// <summary>An output has something left. From any thread, and also when the connection has ended: then nobody
    /// sends it.</summary>
    public void Blocked(SocketOutput output)
    {
        lock (_gate)
        {
            _blocked = output;
            Monitor.Pulse(_gate);
        }
    }

    /// <summary>The connection has ended. What is being sent goes on for as long as its socket lives.</summary>
    public void Dispose()
    {
        lock (_gate)
        {
            _isStopped = true;
            Monitor.Pulse(_gate);
        }
    }

    private void Run()
    {
        while (Take() is { } output)
        {
            PeerNetwork.SendRest(output);
        }
    }

    private SocketOutput? Take()
    {
        lock (_gate)
        {
            while (_blocked is null && !_isStopped)
            {
                Monitor.Wait(_gate);
            }

            SocketOutput? output = _isStopped ? null : _blocked;
            _blocked = null;
            return output;
        }
    }
}

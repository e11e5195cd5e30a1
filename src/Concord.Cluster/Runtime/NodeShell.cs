using System.Buffers;
using System.Net;
using System.Net.Sockets;
using Concord.Client.Wire;
using Concord.Cluster.Node;
using Concord.Cluster.Storage;
using Concord.Consensus;
using Concord.Engines;
using Microsoft.Extensions.Logging;

namespace Concord.Cluster.Runtime;

/// <summary>
/// The thin shell that runs a <see cref="NodeCore"/>: a strand, a log thread, a ticking thread, threads for the peers,
/// and the pool for clients. It decides nothing.
/// </summary>
internal sealed class NodeShell : IDisposable
{
    /// <summary>Between two ticks while something is under way; without, as long as the core says.</summary>
    private static readonly TimeSpan s_tickInterval = TimeSpan.FromMilliseconds(10);

    /// <summary>Whatever the core says: a core whose time stood still would never say anything else.</summary>
    private const int TickSleepMillisecondsMax = 1000;

    private readonly NodeCore _core;
    private readonly NodeFolder _folder;
    private readonly TimeProvider _time;
    private readonly ILogger _logger;
    private readonly Strand<NodeEvent> _strand;
    private readonly NodeOutbox _outbox = new();
    private readonly LogThread _log;
    private readonly Thread _ticker;
    private readonly ManualResetEventSlim _stopping = new();
    private readonly AutoResetEvent _tickNow = new(false);
    private readonly TaskCompletionSource<string?> _stopped = new(TaskCreationOptions.RunContinuationsAsynchronously);
    private readonly PeerNetwork? _network;
    private readonly long _origin;
    private int _isStopped;

    /// <summary>When the core wants the next tick, in ticks of the node's time; written by the strand.</summary>
    private long _tickDue;

    /// <summary>Until when the ticking thread sleeps, if that is longer than a tick's interval; else zero.</summary>
    private long _sleepsUntil;

    public NodeShell(
        NodeCore core, NodeFolder folder, NodeDisk disk, IPEndPoint? listen, TimeProvider time, ILogger logger)
    {
        _core = core;
        _core.CpuSeconds = static () => Environment.CpuUsage.TotalTime.TotalSeconds;
        _folder = folder;
        _time = time;
        _logger = logger;
        _origin = time.GetTimestamp();
        _strand = new(Handle, Drain);

        _log = new(disk, work => Post(new NodeEvent.DiskCompleted(work)), DiskFailed);
        _ticker = new(TickLoop) { IsBackground = true, Name = "concord tick" };
        _network = listen is null ? null : new PeerNetwork(this, listen, time, logger);
    }

    /// <summary>Ends when the node has stopped: with null because it was told to, else with a sentence.</summary>
    public Task<string?> Stopped => _stopped.Task;

    private TimeSpan Now => _time.GetElapsedTime(_origin);

    public CancellationToken Stopping => _stoppingSource.Token;

    private readonly CancellationTokenSource _stoppingSource = new();

    /// <summary>Begins to listen, to dial, to write and to tick.</summary>
    /// <exception cref="EngineStoppedException">The address cannot be listened on.</exception>
    public void Start()
    {
        _network?.Listen();
        _log.Start();
        _ticker.Start();
        _network?.Start();
    }

    public void Dispose() => Stop(null);

    /// <summary>Posts from whatever thread. None stays for long: kept by the strand, the log thread would write nothing
    /// while others post, and nobody would receive what a peer says. What is left is the ticker's next turn.</summary>
    public void Post(NodeEvent posted)
    {
        if (_isStopped != 0)
        {
            return;
        }

        try
        {
            if (!_strand.Post(posted))
            {
                _tickNow.Set();
            }
        }
        catch (Exception e) when (e is not OutOfMemoryException)
        {
            // A broken invariant, an operation that this build does not know: the node stops rather than the truth.
            ShellLog.Failed(_logger, e);
            Stop(e.Message);
        }
    }

    private void DiskFailed(Exception exception)
    {
        ShellLog.Failed(_logger, exception);
        Stop(DiskSentence(exception, _folder.FullPath));
    }

    /// <summary>What to tell of a disk that failed.</summary>
    public static string DiskSentence(Exception exception, string folder)
    {
        bool isFull = DiskSpace.IsExhausted(exception);
        return isFull
            ? $"The disk of {folder} is full: the node stopped before it acknowledged what it could not write, "
                + "and what was "
                + "acknowledged is kept. Make room, then start the node again."
            : $"The disk of {folder} failed: {exception.Message} The node stopped; what was acknowledged is kept. "
                + "Check the disk, then start the node again.";
    }

    private void Stop(string? reason)
    {
        if (Interlocked.Exchange(ref _isStopped, 1) != 0)
        {
            return;
        }

        _stopping.Set();
        _tickNow.Set();
        _stoppingSource.Cancel();
        _network?.Dispose();
        if (Thread.CurrentThread != _ticker && _ticker.IsAlive)
        {
            _ticker.Join();
        }

        _log.Stop();
        _folder.Dispose();
        _stopped.TrySetResult(reason);
    }

    private void TickLoop()
    {
        while (!_stopping.IsSet)
        {
            Post(NodeEvent.Tick.Instance);
            SleepUntilTick();
        }
    }

    /// <summary>Either this thread sees what the strand has written, or the strand sees that this thread sleeps and
    /// wakes it: each writes its own word first, behind a fence, and reads the other's then.</summary>
    private void SleepUntilTick()
    {
        TimeSpan now = Now;
        TimeSpan due = new(Volatile.Read(ref _tickDue));
        if (due <= now + s_tickInterval)
        {
            _tickNow.WaitOne(s_tickInterval);
            return;
        }

        Interlocked.Exchange(ref _sleepsUntil, due.Ticks);
        if (Volatile.Read(ref _tickDue) >= due.Ticks)
        {
            // Whole milliseconds, and none too few: a tick that comes early finds nothing to do.
            _tickNow.WaitOne((int)Math.Min(Math.Ceiling((due - now).TotalMilliseconds), TickSleepMillisecondsMax));
        }

        Volatile.Write(ref _sleepsUntil, 0);
    }

    /// <summary>From the strand: something may have begun for which the ticking thread should not sleep on.</summary>
    private void NoteTickDue()
    {
        long due = _core.NextTick.Ticks;
        if (due == _tickDue)
        {
            return;
        }

        Interlocked.Exchange(ref _tickDue, due);
        if (due < Volatile.Read(ref _sleepsUntil) && Interlocked.Exchange(ref _sleepsUntil, 0) != 0)
        {
            _tickNow.Set();
        }
    }

    private void Handle(NodeEvent posted)
    {
        switch (posted)
        {
            case NodeEvent.Received received:
                _core.TellTime(Now);
                Receive(received);
                break;
            case NodeEvent.DiskCompleted completed:
                _core.TellTime(Now);
                _core.Completed(completed.Work);
                break;
            case NodeEvent.Tick:
                _core.Tick(Now, _time.GetUtcNow());
                break;
            case NodeEvent.Accepted accepted:
                NodeConnection connection =
                    accepted.Transport is LocalLink ? _core.AcceptedLocal() : _core.Accepted();
                connection.Transport = accepted.Transport;
                accepted.Adopt(connection);
                break;
            case NodeEvent.PeerConnected connected:
                NodeConnection outgoing = _core.PeerConnected(connected.Peer);
                outgoing.Transport = connected.Transport;
                connected.Adopt(outgoing);
                break;
            case NodeEvent.Disconnected disconnected:
                _core.Disconnected(disconnected.Connection);
                break;
        }
    }

    private void Receive(NodeEvent.Received received)
    {
        ReadOnlySpan<byte> frames = received.Frames.AsSpan(0, received.Length);
        while (!frames.IsEmpty)
        {
            int length = Frame.LengthOf(frames);
            _core.Receive(received.Connection, frames[Frame.HeadBytes..length]);
            frames = frames[length..];
        }

        ArrayPool<byte>.Shared.Return(received.Frames);
    }

    private void Drain()
    {
        do
        {
            _outbox.Clear();
            _core.Drain(_outbox);
            foreach (DiskWork work in _outbox.Disk)
            {
                _log.Add(work);
            }

            foreach (NodeConnection connection in _outbox.Connections)
            {
                ((IOutputTransport)connection.Transport!)
                    .Send(connection.Output.Take(), connection.CloseReason is not null);
                connection.Output.Clear();
            }
        }
        while (_outbox.IsUnfinished);

        NoteTickDue();
        _network?.Follow(_core.PeersWanted);
        if (_core.StopReason is { } reason)
        {
            ShellLog.MustStop(_logger, reason);
            Stop(reason);
        }
    }
}

/// <summary>Where the bytes of a connection go.</summary>
internal interface IOutputTransport
{
    void Send(ReadOnlyMemory<byte> frames, bool close);
}

/// <summary>The shell's words in the application's log.</summary>
internal static partial class ShellLog
{
    [LoggerMessage(EventId = 5001, Level = LogLevel.Critical, Message = "The node stops")]
    public static partial void Failed(ILogger logger, Exception exception);

    [LoggerMessage(EventId = 5008, Level = LogLevel.Critical, Message = "The node stops: {Reason}")]
    public static partial void MustStop(ILogger logger, string reason);

    [LoggerMessage(EventId = 6001, Level = LogLevel.Information, Message = "Listening on {EndPoint}")]
    public static partial void Listening(ILogger logger, EndPoint endPoint);

    [LoggerMessage(EventId = 6002, Level = LogLevel.Information, Message = "Connected to node {Node} at {Address}")]
    public static partial void Connected(ILogger logger, ushort node, string address);

    [LoggerMessage(EventId = 6003, Level = LogLevel.Warning, Message = "Lost node {Node} at {Address}: {Reason}")]
    public static partial void Lost(ILogger logger, ushort node, string address, string reason);

    [LoggerMessage(EventId = 6005, Level = LogLevel.Warning, Message =
        "Cannot reach node {Node} at {Address}, and tries on: {Reason}")]
    public static partial void Unreachable(ILogger logger, ushort node, string address, string reason);

    [LoggerMessage(EventId = 6004, Level = LogLevel.Warning, Message = "A connection was refused: {Reason}")]
    public static partial void Refused(ILogger logger, string reason);

    [LoggerMessage(EventId = 2001, Level = LogLevel.Information, Message = "Leads shard {Shard} under {Stamp}")]
    public static partial void LeadershipWon(ILogger logger, uint shard, Stamp stamp);

    [LoggerMessage(EventId = 2002, Level = LogLevel.Information, Message =
        "No longer leads shard {Shard} ({Stamp})")]
    public static partial void LeadershipLost(ILogger logger, uint shard, Stamp stamp);

    [LoggerMessage(EventId = 2003, Level = LogLevel.Warning, Message =
        "Ends session {Session:x16} on shard {Shard}: no sign of life")]
    public static partial void SessionExpired(ILogger logger, uint shard, ulong session);

    [LoggerMessage(EventId = 2004, Level = LogLevel.Warning, Message =
        "By hand, on {Name}: {What}. Asked for by {By}, session {Session:x16}, at {At:u}: entry {Shard}/{Index}")]
    public static partial void Administered(
        ILogger logger,
        string name,
        string what,
        string by,
        ulong session,
        DateTimeOffset at,
        uint shard,
        ulong index);

    [LoggerMessage(EventId = 5002, Level = LogLevel.Information, Message = "Snapshot of shard {Shard} up to {Index}")]
    public static partial void SnapshotTaken(ILogger logger, uint shard, ulong index);

    [LoggerMessage(EventId = 5003, Level = LogLevel.Information, Message =
        "Shard {Shard} goes on from a fetched snapshot at {Index}")]
    public static partial void SnapshotInstalled(ILogger logger, uint shard, ulong index);

    [LoggerMessage(EventId = 5004, Level = LogLevel.Warning, Message = "{Torn}")]
    public static partial void TornTail(ILogger logger, string torn);

    [LoggerMessage(EventId = 5005, Level = LogLevel.Error, Message =
        "The disk is full: writes are refused, reads go on, nothing acknowledged was lost. Free {Bytes} bytes")]
    public static partial void DiskFull(ILogger logger, long bytes);

    [LoggerMessage(EventId = 5006, Level = LogLevel.Information, Message =
        "The disk has room again: writes are taken")]
    public static partial void DiskHasRoom(ILogger logger);

    [LoggerMessage(EventId = 5007, Level = LogLevel.Error, Message = "{Damage}")]
    public static partial void Damage(ILogger logger, string damage);
}

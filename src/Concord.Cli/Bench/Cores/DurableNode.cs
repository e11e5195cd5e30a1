using Concord.Cluster.Node;
using Concord.Cluster.Runtime;
using Concord.Cluster.Storage;
using Concord.Consensus;

namespace Concord.Cli.Bench.Cores;

/// <summary>One node of a measurement without a network: a replica of each group, one log in a real folder, and the
/// thread that writes it.</summary>
internal sealed class DurableNode : IDisposable
{
    private readonly LogAppender _appender;
    private readonly LogThread _thread;
    private readonly List<CoreReplica> _groups;

    /// <param name="protocol">How its replicas agree.</param>
    /// <param name="place">Which of the nodes, from 0.</param>
    /// <param name="groups">How many groups it has replicas of.</param>
    /// <param name="directory">Where its log lies; a new folder.</param>
    /// <param name="completed">Told, on the log's thread, that a batch is durable.</param>
    /// <param name="failed">Told that the disk failed.</param>
    public DurableNode(
        ReplicaProtocol protocol,
        int place,
        int groups,
        string directory,
        Action<DurableNode, DiskWork> completed,
        Action<Exception> failed)
    {
        LogOptions options = new();
        RealFileSystem files = new();
        files.CreateDirectory(directory);
        RecoveredLog recovered = LogRecovery.Open(files, directory, options);
        _appender = new(options, recovered);
        _appender.Identify(new(new Guid(1, 2, 3, [4, 5, 6, 7, 8, 9, 10, 11]), new((ushort)(place + 1)), 1, default));
        LogDevice device = new(files, directory, options, recovered.Position);
        _thread = new(new(files, device, directory), work => completed(this, work), failed);
        _groups =
            [.. Enumerable.Range(0, groups).Select(group => new CoreReplica(protocol, place, (ulong)group))];
        _thread.Start();
    }

    public IReplicatedLog this[int group] => _groups[group].Core;

    /// <summary>Its disk has made a batch durable.</summary>
    public void Completed(DiskWork work)
    {
        foreach (DurableWrite durable in _appender.Completed(((BatchWrite)work).Batch))
        {
            CoreReplica replica = _groups[(int)durable.Shard];
            replica.Core.DurableTo(durable.Sequence);
            replica.Outbox.ReleaseThrough(durable.Sequence);
        }
    }

    /// <summary>Does what the cores want.</summary>
    /// <param name="send">Gets what is sent, with the group and the log that its entries lie in.</param>
    /// <returns>Whether there was anything.</returns>
    public bool Drain(Action<int, Message, LogBuffer> send)
    {
        bool any = false;
        for (int group = 0; group < _groups.Count; group++)
        {
            (IReplicatedLog core, Outbox outbox) = (_groups[group].Core, _groups[group].Outbox);
            any |= core.Drain(outbox) || outbox.Sends.Count > 0;
            if (outbox.Write is { } write)
            {
                _appender.Append((uint)group, write, core.Log);
            }

            foreach (Message message in outbox.Sends)
            {
                send(group, message, core.Log);
            }

            outbox.Clear();
        }

        if (_appender.TakeBatch() is { } batch)
        {
            _thread.Add(new BatchWrite(batch));
        }

        return any;
    }

    /// <summary>Forgets what has been applied, as after a snapshot, and tells the log that it need not keep
    /// it.</summary>
    public void Compact(int group, int retainedEntries)
    {
        (IReplicatedLog core, LogIndex commit) = (_groups[group].Core, _groups[group].Outbox.CommitIndex);
        if (commit > core.Log.Base)
        {
            _appender.MarkSnapshot((uint)group, new(commit, core.Log.StampAt(commit)), core.Log);
            core.SnapshotTaken(commit, retainedEntries);
        }
    }

    public void Dispose() => _thread.Stop();
}

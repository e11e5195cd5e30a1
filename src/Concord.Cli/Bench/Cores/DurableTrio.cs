using System.Collections.Concurrent;
using Concord.Cluster.Node;
using Concord.Consensus;

namespace Concord.Cli.Bench.Cores;

/// <summary>
/// Three nodes with real logs and without a network, run by one thread: what agreeing durably costs when messages are
/// free. Proposals are pipelined: new ones go in while others wait for disks.
/// </summary>
internal sealed class DurableTrio : IDisposable
{
    /// <summary>So many proposals are under way at once, in all groups together.</summary>
    private const int UnderWay = 16 << 10;

    /// <summary>So many entries lie in memory before they are forgotten, in all groups together: else more groups would
    /// mean more memory, and it would be measured instead.</summary>
    private const int CompactionEntries = 64 << 10;

    private const int RetainedEntries = 1024;

    private static readonly TimeSpan s_patience = TimeSpan.FromSeconds(10);
    private static readonly TimeSpan s_heartbeat = TimeSpan.FromMilliseconds(100);

    private readonly int _groups;
    private readonly ulong _compactionEntries;
    private readonly DurableNode[] _nodes;
    private readonly BlockingCollection<(DurableNode Node, DiskWork Work)> _completed = [];
    private readonly byte[] _wire = new byte[2 << 20];
    private readonly Action<int, Message, LogBuffer> _deliver;
    private readonly LogIndex[] _compactedAt;
    private TimeSpan _now;
    private volatile Exception? _failure;

    /// <param name="protocol">How they agree.</param>
    /// <param name="groups">How many; their leaders are spread over the nodes.</param>
    /// <param name="folder">Where the logs are written.</param>
    public DurableTrio(ReplicaProtocol protocol, int groups, string folder)
    {
        (_groups, _deliver, _compactedAt) = (groups, Deliver, new LogIndex[groups]);
        _compactionEntries = (ulong)Math.Max(CompactionEntries / groups, RetainedEntries);
        _nodes =
        [
            .. Enumerable.Range(0, CoreReplica.Replicas).Select(place => new DurableNode(
                protocol,
                place,
                groups,
                Path.Combine(folder, $"log-{place + 1}"),
                (node, work) => _completed.Add((node, work)),
                failure => _failure = failure)),
        ];
        for (int second = 1; second <= 10 && !AllLead(); second++)
        {
            _now = TimeSpan.FromSeconds(2 * second);
            for (int group = 0; group < groups; group++)
            {
                LeaderOf(group).Tick(_now);
            }

            Settle();
        }

        if (!AllLead())
        {
            throw new InvalidOperationException("Not every group has elected the leader that it was given.");
        }
    }

    /// <summary>Keeps proposals under way for some time.</summary>
    /// <returns>How many were committed.</returns>
    public long Run(TimeSpan duration, ReadOnlySpan<byte> payload, TimeProvider time)
    {
        long start = time.GetTimestamp();
        TimeSpan origin = _now;
        ulong before = Committed();
        for (TimeSpan past = TimeSpan.Zero; past < duration; past = time.GetElapsedTime(start))
        {
            Tick(origin + past);
            Propose(payload);
            if (!Drain())
            {
                Await();
            }

            TakeCompleted();
        }

        return (long)(Committed() - before);
    }

    public void Dispose()
    {
        foreach (DurableNode node in _nodes)
        {
            node.Dispose();
        }

        _completed.Dispose();
    }

    private IReplicatedLog LeaderOf(int group) => _nodes[group % _nodes.Length][group];

    private bool AllLead() =>
        Enumerable.Range(0, _groups).All(group => LeaderOf(group).Status.Role == Role.Leader);

    private void Tick(TimeSpan now)
    {
        if (now - _now < s_heartbeat)
        {
            return;
        }

        _now = now;
        for (int group = 0; group < _groups; group++)
        {
            LeaderOf(group).Tick(_now);
            if (LeaderOf(group).Status.CommitIndex > _compactedAt[group] + _compactionEntries)
            {
                _compactedAt[group] = LeaderOf(group).Status.CommitIndex;
                foreach (DurableNode node in _nodes)
                {
                    node.Compact(group, RetainedEntries);
                }
            }
        }
    }

    private void Propose(ReadOnlySpan<byte> payload)
    {
        ulong each = (ulong)(UnderWay / _groups);
        for (int group = 0; group < _groups; group++)
        {
            IReplicatedLog leader = LeaderOf(group);
            LogIndex end = leader.Status.CommitIndex + each;
            for (LogIndex last = leader.Log.Last; last < end; last++)
            {
                leader.Propose(payload, out _);
            }
        }
    }

    private bool Drain()
    {
        bool any = false;
        foreach (DurableNode node in _nodes)
        {
            any |= node.Drain(_deliver);
        }

        return any;
    }

    /// <summary>Until nothing is left to do, on the disks neither.</summary>
    private void Settle()
    {
        while (true)
        {
            while (Drain() || TakeCompleted())
            {
                // There may be more.
            }

            if (AllLead() || !Await(TimeSpan.FromSeconds(1)))
            {
                return;
            }
        }
    }

    private void Await()
    {
        if (!Await(s_patience))
        {
            throw new IOException($"Nothing became durable within {s_patience.TotalSeconds} s.");
        }
    }

    private bool Await(TimeSpan patience)
    {
        if (_failure is { } failure)
        {
            throw new IOException($"The disk failed: {failure.Message}", failure);
        }

        if (!_completed.TryTake(out (DurableNode Node, DiskWork Work) done, patience))
        {
            return false;
        }

        done.Node.Completed(done.Work);
        return true;
    }

    private bool TakeCompleted()
    {
        bool any = false;
        while (_completed.TryTake(out (DurableNode Node, DiskWork Work) done))
        {
            done.Node.Completed(done.Work);
            any = true;
        }

        return any;
    }

    private void Deliver(int group, Message message, LogBuffer log)
    {
        int length = MessageCodec.Write(message, log, _wire);
        if (!MessageCodec.TryRead(_wire.AsSpan(0, length), out Message received, out EntryReader entries))
        {
            throw new InvalidOperationException($"The codec does not read what it wrote: {message}.");
        }

        _nodes[message.To.Value - 1][group].Step(received, entries, _now);
    }

    private ulong Committed()
    {
        ulong sum = 0;
        for (int group = 0; group < _groups; group++)
        {
            sum += LeaderOf(group).Status.CommitIndex.Value;
        }

        return sum;
    }
}

using Concord.Cluster.Storage;
using Concord.Consensus;
using Concord.Simulation;

namespace Concord.Cluster.Tests.Storage;

/// <summary>
/// Does to a log what acceptors of Multi-Paxos do, at random: values in places with gaps between them, values that are
/// proposed again, others in their stead under newer ballots, commits, snapshots taken and installed, batches written
/// at any moment. Tells the model.
/// </summary>
internal sealed class PlaceWorkload(SimRandom random, LogModel model) : ILogWorkload
{
    private const int ShardCount = 3;
    private const int Window = 10;

    private readonly Dictionary<uint, Replica> _replicas = [];
    private TestLog? _log;

    /// <summary>What each shard knew to be chosen, before the last start too.</summary>
    public LogIndex CommitOf(uint shard) => _replicas[shard].Commit;

    public void Start(TestLog log)
    {
        _log = log;
        for (uint shard = 0; shard < ShardCount; shard++)
        {
            RecoveredShard? found = log.Recovered.Shards.FirstOrDefault(other => other.Shard == shard);
            LogIndex commit = found?.HardState.Commit ?? default;
            _replicas[shard] = new()
            {
                Term = (found?.HardState.Stamp.Term ?? 0) + 1,
                Commit = LogIndex.Max(commit, log.LogOf(shard).Base),
            };
        }
    }

    public void Step()
    {
        var shard = (uint)random.Next(ShardCount);
        Replica replica = _replicas[shard];
        LogBuffer log = _log!.LogOf(shard);
        switch (random.Next(20))
        {
            case < 6:
                Accept(shard, replica, log);
                break;
            case < 9:
                ProposeAgain(shard, replica, log);
                break;
            case 9:
                replica.Term++;
                Write(shard, replica, default, default, writesHardState: true);
                break;
            case 10 or 11:
                Learn(shard, replica, log);
                break;
            case 12 when replica.Commit > log.Base:
                Mark(shard, new(replica.Commit, log.StampAt(replica.Commit)));
                var retained = (ulong)random.Next((int)(replica.Commit - log.Base));
                log.DiscardThrough(replica.Commit - retained);
                break;
            case 13 when random.Chance(0.3):
                Install(shard, replica, log);
                break;
            case 14:
                _log.Device.PrepareAhead();
                break;
            case 15:
                Complete(_log.Appender.TakeIdleBatch());
                break;
            default:
                Complete(_log.Appender.TakeBatch());
                break;
        }
    }

    /// <summary>Some places of the window, with what lies between them.</summary>
    private void Accept(uint shard, Replica replica, LogBuffer log)
    {
        replica.Term += random.Chance(0.3) ? 1UL : 0;
        LogIndex first = replica.Commit + (ulong)random.Next(1, Window);
        LogIndex last = first;
        for (LogIndex at = first; at < first + (ulong)random.Next(1, 6); at++)
        {
            if (random.Chance(0.7))
            {
                last = at;
                Put(replica, log, at);
            }
        }

        Write(shard, replica, Range(first, last), default, writesHardState: random.Chance(0.5));
    }

    /// <summary>What is there under a new ballot.</summary>
    private void ProposeAgain(uint shard, Replica replica, LogBuffer log)
    {
        LogIndex first = replica.Commit + (ulong)random.Next(1, Window);
        LogIndex end = first;
        while (log.Has(end) && end - first < 6)
        {
            end++;
        }

        if (end > first)
        {
            replica.Term++;
            for (LogIndex at = first; at < end; at++)
            {
                log.Restamp(at, Stamp.FromTerm(replica.Term));
            }

            Write(shard, replica, default, Range(first, end - 1), writesHardState: random.Chance(0.5));
        }
    }

    /// <summary>Hears what is chosen: what it holds, or something else in its stead, in the same write.</summary>
    private void Learn(uint shard, Replica replica, LogBuffer log)
    {
        LogIndex first = replica.Commit + 1;
        LogIndex last = replica.Commit + (ulong)random.Next(1, 5);
        replica.Term++;
        for (LogIndex at = first; at <= last; at++)
        {
            if (!log.Has(at) || random.Chance(0.5))
            {
                Put(replica, log, at);
            }
        }

        replica.Commit = last;
        Write(shard, replica, Range(first, last), default, writesHardState: true);
    }

    /// <summary>A ballot proposes one value in each place.</summary>
    private void Put(Replica replica, LogBuffer log, LogIndex at)
    {
        var stamp = Stamp.FromTerm(replica.Term);
        if (!log.Has(at) || log.StampAt(at) != stamp)
        {
            byte[] payload = new byte[random.Chance(0.1) ? random.Next(1200) : random.Next(8, 120)];
            random.Fill(payload);
            Stamp origin = Stamp.FromTerm(replica.Term - (random.Chance(0.3) ? 1UL : 0));
            log.Put(at, stamp, origin, EntryKind.Command, payload);
        }
    }

    private void Install(uint shard, Replica replica, LogBuffer log)
    {
        replica.Term++;
        var mark = new SnapshotMark(replica.Commit + (ulong)random.Next(1, 8), Stamp.FromTerm(replica.Term));
        Mark(shard, mark);

        // A node tells its core of the snapshot when the mark is durable.
        while (_log!.Appender.TakeBatch() is { } batch)
        {
            Complete(batch);
        }

        model.AllDurable();
        log.DiscardThrough(mark.Index, mark.Stamp);
        replica.Commit = mark.Index;
    }

    private void Mark(uint shard, SnapshotMark mark)
    {
        _log!.Appender.MarkSnapshot(shard, mark, _log.LogOf(shard));
        model.Add(new(LogStepKind.Mark, shard, mark.Index, mark.Stamp, default, [], false));
    }

    private void Write(uint shard, Replica replica, LogRange puts, LogRange restamps, bool writesHardState)
    {
        LogBuffer log = _log!.LogOf(shard);
        HardState? hardState = null;
        if (writesHardState)
        {
            hardState = new(Stamp.FromTerm(replica.Term), NodeId.None) { Commit = replica.Commit };
            Tell(LogStepKind.HardState, shard, default, hardState.Value.Stamp, default, []);
        }

        for (int i = 0; i < puts.Count; i++)
        {
            LogIndex at = puts.First + (ulong)i;
            if (log.Has(at))
            {
                byte[] payload = log.PayloadAt(at).ToArray();
                Tell(LogStepKind.Put, shard, at, log.StampAt(at), log.OriginAt(at), payload);
            }
        }

        for (int i = 0; i < restamps.Count; i++)
        {
            Tell(LogStepKind.Restamp, shard, restamps.First + (ulong)i, Stamp.FromTerm(replica.Term), default, []);
        }

        if (writesHardState)
        {
            Tell(LogStepKind.Commit, shard, replica.Commit, default, default, []);
        }

        model.EndWrite(shard, _log.WritePlaces(shard, hardState, puts, restamps));
    }

    private void Tell(LogStepKind kind, uint shard, LogIndex at, Stamp stamp, Stamp origin, byte[] payload) =>
        model.Add(new(kind, shard, at, stamp, default, payload, false) { Origin = origin });

    private void Complete(LogBatch? batch)
    {
        if (batch is not null)
        {
            _log!.Device.Write(batch);
            model.Durable(_log.Appender.Completed(batch));
        }
    }

    private static LogRange Range(LogIndex first, LogIndex last) => new(first, (int)(last - first) + 1);

    private sealed class Replica
    {
        public ulong Term { get; set; }

        public LogIndex Commit { get; set; }
    }
}

using Concord.Cluster.Storage;
using Concord.Consensus;
using Concord.Simulation;

namespace Concord.Cluster.Tests.Storage;

/// <summary>
/// Does to a log what replicas do, at random: appends, new terms, truncations of what is not committed, snapshots taken
/// and installed, batches written at any moment, segments prepared or not. Tells the model.
/// </summary>
internal sealed class LogWorkload(SimRandom random, LogModel model) : ILogWorkload
{
    private const int ShardCount = 3;

    private readonly Dictionary<uint, Replica> _replicas = [];
    private TestLog? _log;

    public void Start(TestLog log)
    {
        _log = log;
        for (uint shard = 0; shard < ShardCount; shard++)
        {
            RecoveredShard? recovered = log.Recovered.Shards.FirstOrDefault(found => found.Shard == shard);
            LogIndex commit = _replicas.TryGetValue(shard, out Replica? before) ? before.Commit : LogIndex.Zero;
            LogBuffer entries = log.LogOf(shard);
            Assert.True(entries.Last >= commit, $"shard {shard} had committed {commit}, and has {entries.Last} now");
            _replicas[shard] = new()
            {
                Term = (recovered?.HardState.Stamp ?? Stamp.None).Term,
                Commit = LogIndex.Max(commit, entries.Base),
                Durable = entries.Last,
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
            case < 8:
                Write(shard, newTerm: replica.Term == 0, null, random.Next(1, 5));
                break;
            case 8:
                Write(shard, newTerm: true, null, 0);
                break;
            case 9 when log.Last > replica.Commit:
                var from = new LogIndex((ulong)random.Next((int)replica.Commit.Value + 1, (int)log.Last.Value + 1));
                Write(shard, newTerm: true, from, random.Next(0, 3));
                break;
            case 10 when replica.Commit > log.Base:
                Mark(shard, new(replica.Commit, log.StampAt(replica.Commit)));
                var retained = (ulong)random.Next((int)(replica.Commit - log.Base));
                log.DiscardThrough(replica.Commit - retained);
                break;
            case 11 when random.Chance(0.3):
                Install(shard);
                break;
            case 12:
                replica.Commit = LogIndex.Max(replica.Commit, replica.Durable);
                break;
            case 13:
                _log.Device.PrepareAhead();
                break;
            case 14:
                Complete(_log.Appender.TakeIdleBatch());
                break;
            default:
                Complete(_log.Appender.TakeBatch());
                break;
        }
    }

    private void Write(uint shard, bool newTerm, LogIndex? truncateFrom, int entries)
    {
        Replica replica = _replicas[shard];
        LogBuffer log = _log!.LogOf(shard);
        HardState? hardState = null;
        if (newTerm)
        {
            replica.Term++;
            hardState = new(Stamp.FromTerm(replica.Term), new NodeId((ushort)random.Next(4)));
            (Stamp stamp, NodeId votedFor) = hardState.Value;
            model.Add(new(LogStepKind.HardState, shard, default, stamp, votedFor, [], false));
        }

        if (truncateFrom is { } from)
        {
            log.TruncateFrom(from);
            replica.Truncate(from);
            model.Add(new(LogStepKind.Truncate, shard, from, default, default, [], false));
        }

        LogIndex first = log.Last + 1;
        for (int i = 0; i < entries; i++)
        {
            byte[] payload = new byte[random.Chance(0.1) ? random.Next(1200) : random.Next(120)];
            if (random.Chance(0.7))
            {
                random.Fill(payload);
            }

            LogIndex index = log.Append(Stamp.FromTerm(replica.Term), EntryKind.Command, payload);
            model.Add(new(LogStepKind.Entry, shard, index, Stamp.FromTerm(replica.Term), default, payload, false));
        }

        ulong sequence = _log.Write(shard, hardState, truncateFrom, new(first, entries));
        replica.Pending.Add((sequence, log.Last));
        model.EndWrite(shard, sequence);
    }

    private void Install(uint shard)
    {
        Replica replica = _replicas[shard];
        LogBuffer log = _log!.LogOf(shard);
        replica.Term++;
        var mark = new SnapshotMark(replica.Commit + (ulong)random.Next(1, 8), Stamp.FromTerm(replica.Term));
        Mark(shard, mark);

        // A node tells its core of the snapshot when the mark is durable.
        while (_log.Appender.TakeBatch() is { } batch)
        {
            Complete(batch);
        }

        model.AllDurable();
        log.Restart(mark.Index, mark.Stamp);
        (replica.Durable, replica.Commit) = (mark.Index, mark.Index);
        Write(shard, newTerm: true, null, 1);
    }

    private void Mark(uint shard, SnapshotMark mark)
    {
        LogBuffer log = _log!.LogOf(shard);
        bool restart = !log.Covers(mark.Index) || log.StampAt(mark.Index) != mark.Stamp;
        _log.Appender.MarkSnapshot(shard, mark, log);
        model.Add(new(LogStepKind.Mark, shard, mark.Index, mark.Stamp, default, [], restart));
    }

    private void Complete(LogBatch? batch)
    {
        if (batch is null)
        {
            return;
        }

        _log!.Device.Write(batch);
        IReadOnlyList<DurableWrite> durable = _log.Appender.Completed(batch);
        model.Durable(durable);
        foreach (DurableWrite write in durable)
        {
            _replicas[write.Shard].Completed(write.Sequence);
        }
    }

    private sealed class Replica
    {
        public ulong Term { get; set; }

        public LogIndex Commit { get; set; }

        public LogIndex Durable { get; set; }

        public List<(ulong Sequence, LogIndex Through)> Pending { get; } = [];

        public void Truncate(LogIndex from)
        {
            Durable = LogIndex.Min(Durable, from - 1);
            for (int i = 0; i < Pending.Count; i++)
            {
                Pending[i] = (Pending[i].Sequence, LogIndex.Min(Pending[i].Through, from - 1));
            }
        }

        public void Completed(ulong sequence)
        {
            while (Pending.Count > 0 && Pending[0].Sequence <= sequence)
            {
                Durable = LogIndex.Max(Durable, Pending[0].Through);
                Pending.RemoveAt(0);
            }
        }
    }
}

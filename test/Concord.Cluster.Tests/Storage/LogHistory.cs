using Concord.Cluster.Storage;
using Concord.Consensus;
using Concord.Encoding;

namespace Concord.Cluster.Tests.Storage;

/// <summary>Every log that each shard ever had, for what a damaged disk gives back must be one of them.</summary>
internal sealed class LogHistory
{
    private readonly Dictionary<uint, List<Moment>> _moments = [];

    public void Note(TestLog log)
    {
        foreach ((uint shard, LogBuffer entries) in log.Logs)
        {
            if (!_moments.TryGetValue(shard, out List<Moment>? own))
            {
                _moments.Add(shard, own = [new(LogIndex.Zero, default, [])]);
            }

            own.Add(Moment.Of(entries));
        }
    }

    public void Check(RecoveredLog recovered, string what)
    {
        foreach (RecoveredShard shard in recovered.Shards)
        {
            Moment found = Moment.Of(shard.Log);
            Assert.True(
                _moments[shard.Shard].Exists(moment => moment.BeginsWith(found)),
                $"{what}: shard {shard.Shard} never had this log: {found}");
        }
    }

    private sealed record Moment(LogIndex Base, Stamp BaseStamp, List<(Stamp Stamp, uint Checksum)> Entries)
    {
        public static Moment Of(LogBuffer log)
        {
            List<(Stamp, uint)> entries = [];
            for (LogIndex at = log.First; at <= log.Last; at++)
            {
                entries.Add((log.StampAt(at), Checksum.Crc32C(log.PayloadAt(at))));
            }

            return new(log.Base, log.BaseStamp, entries);
        }

        /// <summary>Whether this is the other log, or a longer one. What this has discarded is not compared.</summary>
        public bool BeginsWith(Moment other)
        {
            if (Base + (ulong)Entries.Count < other.Base + (ulong)other.Entries.Count)
            {
                return false;
            }

            for (int i = 0; i < other.Entries.Count; i++)
            {
                LogIndex index = other.Base + 1 + (ulong)i;
                if (index > Base && Entries[(int)(index - Base) - 1] != other.Entries[i])
                {
                    return false;
                }
            }

            // The place before its first entry must be the same too.
            return other.Base <= Base || Entries[(int)(other.Base - Base) - 1].Stamp == other.BaseStamp
                || other.BaseStamp == Stamp.None;
        }

        public override string ToString() =>
            $"behind {Base}/{BaseStamp}: {string.Join(' ', Entries.Select(static entry => entry.Stamp.ToString()))}";
    }
}

using Concord.Cluster.Storage;
using Concord.Consensus;
using Concord.Encoding;

namespace Concord.Cluster.Tests.Storage;

/// <summary>
/// What each place of each shard ever held, and what was chosen: a damaged disk may give back less, but in each place
/// something that was there, and as chosen only what was chosen.
/// </summary>
internal sealed class PlaceHistory
{
    private readonly HashSet<(uint Shard, LogIndex Index, Stamp Stamp, Stamp Origin, uint Checksum)> _held = [];
    private readonly Dictionary<(uint Shard, LogIndex Index), uint> _chosen = [];

    public void Note(TestLog log, PlaceWorkload workload)
    {
        foreach ((uint shard, LogBuffer places) in log.Logs)
        {
            for (LogIndex at = places.First; at <= places.Last; at++)
            {
                if (places.Has(at))
                {
                    uint checksum = Checksum.Crc32C(places.PayloadAt(at));
                    _held.Add((shard, at, places.StampAt(at), places.OriginAt(at), checksum));
                    if (at <= workload.CommitOf(shard))
                    {
                        _chosen[(shard, at)] = checksum;
                    }
                }
            }
        }
    }

    public void Check(RecoveredLog recovered, string what)
    {
        foreach (RecoveredShard shard in recovered.Shards)
        {
            LogBuffer log = shard.Log;
            for (LogIndex at = log.First; at <= LogIndex.Max(log.Last, shard.HardState.Commit); at++)
            {
                bool isChosen = at <= shard.HardState.Commit;
                Assert.True(log.Has(at) || !isChosen, $"{what}: place {at} is committed and not there");
                if (!log.Has(at))
                {
                    continue;
                }

                uint checksum = Checksum.Crc32C(log.PayloadAt(at));
                string place = $"{what}: shard {shard.Shard}, place {at}, {log.StampAt(at)} of {log.OriginAt(at)}";
                Assert.True(
                    _held.Contains((shard.Shard, at, log.StampAt(at), log.OriginAt(at), checksum)),
                    $"{place} was never there");
                Assert.True(!isChosen || _chosen[(shard.Shard, at)] == checksum, $"{place} was not chosen");
            }
        }
    }
}

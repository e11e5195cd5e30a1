using Concord.Cluster.Storage;
using Concord.Consensus;
using Concord.Simulation;
using Concord.Simulation.Disk;

namespace Concord.Cluster.Tests.Storage;

/// <summary>The records of Multi-Paxos: each place for itself, and the last word counts.</summary>
public sealed class LogPositionTests
{
    private readonly SimFileSystem _files = new(1);

    [Fact]
    public void A_put_replaces_one_place_and_leaves_those_behind_it_alone()
    {
        using (var log = new TestLog(_files))
        {
            Put(log, 1, 3, 10, 11, 12);
            Put(log, 2, 3, 20);
            log.Flush();
        }

        Assert.Equal("1/3/10 2/3/20 3/3/12", Describe());
    }

    [Fact]
    public void A_restamp_changes_the_stamps_of_what_is_there_and_makes_nothing()
    {
        using (var log = new TestLog(_files))
        {
            Put(log, 1, 1, 10, 11);
            Put(log, 4, 1, 13);
            log.Appender.Restamp(0, new(2), new(6), Stamp.FromTerm(5));
            log.Flush();
        }

        Assert.Equal("1/1/10 2/5/11 | 4/5/13", Describe());
        Assert.Equal(5UL, TestLog.Recover(_files.Copy(1)).Shards[0].HardState.Stamp.Term);
    }

    [Fact]
    public void A_stamp_may_be_lower_than_the_one_before_it()
    {
        using (var log = new TestLog(_files))
        {
            Put(log, 1, 7, 10);
            Put(log, 2, 3, 11);
            Put(log, 3, 9, 12);
            log.Flush();
        }

        Assert.Equal("1/7/10 | 2/3/11 3/9/12", Describe());
    }

    [Fact]
    public void A_truncation_and_a_later_put_override_what_stood_there()
    {
        using (var log = new TestLog(_files))
        {
            Put(log, 1, 1, 10, 11, 12, 13);
            log.Write(0, null, new LogIndex(2), new(new(1), 0));
            log.Appender.Restamp(0, new(1), new(4), Stamp.FromTerm(2));
            Put(log, 3, 4, 33);
            log.Flush();
        }

        Assert.Equal("1/2/10 | 3/4/33", Describe());
    }

    [Fact]
    public void What_a_snapshot_covers_is_left_out()
    {
        using (var log = new TestLog(_files))
        {
            Put(log, 1, 1, 10, 11, 12, 13);
            log.Flush();
            log.LogOf(0).Append(Stamp.FromTerm(1), EntryKind.Command, [10]);
            log.LogOf(0).Append(Stamp.FromTerm(1), EntryKind.Command, [11]);
            log.Appender.MarkSnapshot(0, new(new(2), Stamp.FromTerm(1)), log.LogOf(0));
            log.Appender.Restamp(0, new(1), new(3), Stamp.FromTerm(6));
            log.Flush();
        }

        Assert.Equal("3/6/12 | 4/1/13", Describe());
    }

    [Fact]
    public void Any_order_of_puts_restamps_and_truncations_comes_back_as_a_table_of_places_would_have_it()
    {
        for (ulong seed = 0; seed < 40; seed++)
        {
            var random = new SimRandom(seed);
            var files = new SimFileSystem(seed);
            var places = new SortedDictionary<ulong, (ulong Term, byte Value)>();
            using (var log = new TestLog(files))
            {
                for (int i = 0; i < 60; i++)
                {
                    Step(log, places, random);
                }

                log.Flush();
            }

            files.Crash();
            RecoveredShard shard = TestLog.Recover(files).Shards[0];
            IEnumerable<(ulong, ulong, byte)> found = InLog(shard.Log)
                .Concat(shard.Beyond.Select(static entry =>
                    (entry.Index.Value, entry.Stamp.Term, entry.Payload.Span[0])));
            Assert.Equal(places.Select(static place => (place.Key, place.Value.Term, place.Value.Value)), found);
        }
    }

    private static void Step(TestLog log, SortedDictionary<ulong, (ulong Term, byte Value)> places, SimRandom random)
    {
        ulong from = (ulong)random.Next(1, 30);
        ulong term = (ulong)random.Next(1, 20);
        switch (random.Next(5))
        {
            case < 3:
                byte value = (byte)random.Next(256);
                Put(log, from, term, value);
                places[from] = (term, value);
                break;
            case 3:
                ulong to = from + (ulong)random.Next(5);
                log.Appender.Restamp(0, new(from), new(to), Stamp.FromTerm(term));
                foreach (ulong place in places.Keys.Where(place => place >= from && place <= to).ToArray())
                {
                    places[place] = (term, places[place].Value);
                }

                break;
            default:
                log.Write(0, null, new LogIndex(from + 10), new(new(1), 0));
                foreach (ulong place in places.Keys.Where(place => place >= from + 10).ToArray())
                {
                    places.Remove(place);
                }

                break;
        }
    }

    private static IEnumerable<(ulong, ulong, byte)> InLog(LogBuffer log)
    {
        for (LogIndex at = log.First; at <= log.Last; at++)
        {
            yield return (at.Value, log.StampAt(at).Term, log.PayloadAt(at)[0]);
        }
    }

    private static void Put(TestLog log, ulong first, ulong term, params byte[] values)
    {
        // The places of a core of its own: the appender copies from there.
        var entries = new LogBuffer(new(first - 1), Stamp.None);
        foreach (byte value in values)
        {
            entries.Append(Stamp.FromTerm(term), EntryKind.Command, [value]);
        }

        log.Appender.Put(0, new(new(first), values.Length), entries);
    }

    private string Describe()
    {
        RecoveredShard shard = TestLog.Recover(_files.Copy(1)).Shards[0];
        string log = string.Join(' ', InLog(shard.Log).Select(static e => $"{e.Item1}/{e.Item2}/{e.Item3}"));
        string beyond = string.Join(
            ' ', shard.Beyond.Select(static e => $"{e.Index.Value}/{e.Stamp.Term}/{e.Payload.Span[0]}"));
        return beyond.Length == 0 ? log : $"{log} | {beyond}";
    }
}

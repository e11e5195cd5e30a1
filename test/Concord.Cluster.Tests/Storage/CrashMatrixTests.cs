using Concord.Cluster.Node;
using Concord.Cluster.Runtime;
using Concord.Cluster.Storage;
using Concord.Consensus;
using Concord.Simulation.Disk;

namespace Concord.Cluster.Tests.Storage;

/// <summary>
/// Every way in which files are replaced or made, stopped before and after each operation, in every state that a crash
/// may leave there (ALICE: Pillai et al., "All File Systems Are Not Created Equal", OSDI 2014).
/// </summary>
public sealed class CrashMatrixTests
{
    private const string Folder = "/data/node1";

    private static readonly ClusterLayout s_layout = ClusterLayout.Create(["a:1", "b:1", "c:1"], 1);

    [Fact]
    public void Creation_of_a_folder() => Try(
        static _ => { },
        static files => NodeFolder.Open(files, Folder).Dispose(),
        static (files, _) =>
        {
            NodeFolder.Open(files, Folder).Dispose();
            Assert.Equal(["LOCK", "concord.txt", "log", "snapshots"], files.List(Folder));
        });

    [Fact]
    public void An_identity_that_anybody_may_have_heard_of_stays() => Try(
        static files =>
        {
            NodeFolder.Open(files, Folder).Dispose();
            files.SyncDirectory("/");
        },
        static files => Open(files, 11),
        static (files, isDone) =>
        {
            ulong first = Open(files, 22);
            Assert.True(first is 11 or 22);
            Assert.True(!isDone || first == 11, "it was let out, and is another now");
            Assert.Equal(first, Open(files, 33));
            files.Crash();
            Assert.Equal(first, Open(files, 44));
        });

    [Fact]
    public void What_is_known_of_peers_is_the_old_or_the_new()
    {
        SortedDictionary<ushort, ulong> before = new() { [2] = 20 };
        SortedDictionary<ushort, ulong> after = new() { [2] = 20, [3] = 30 };
        Try(
            files =>
            {
                NodeFolder.Open(files, Folder).Dispose();
                files.SyncDirectory("/");
                KnownPeers.Write(files, Folder, before);
            },
            files => KnownPeers.Write(files, Folder, after),
            (files, isDone) =>
            {
                SortedDictionary<ushort, ulong>? found = KnownPeers.Read(files, Folder);
                Assert.NotNull(found);
                Assert.True(found.SequenceEqual(after) || (!isDone && found.SequenceEqual(before)));
            });
    }

    [Fact]
    public void The_roll_to_a_new_segment_and_the_reuse_of_an_old_one()
    {
        LogIndex reported = default;
        Try(
            files =>
            {
                reported = default;
                using var log = new TestLog(files);
                Fill(log, 4);
                log.Appender.MarkSnapshot(0, new(new(3), Stamp.FromTerm(1)), log.LogOf(0));
                log.Flush();
            },
            files =>
            {
                using var log = new TestLog(files);
                reported = log.LogOf(0).Last;
                for (int i = 0; i < 8; i++)
                {
                    log.Append(0, 1, TestLog.Payload(i, 900));
                    log.Flush();
                    reported = log.LogOf(0).Last;
                    log.PrepareAll();
                }
            },
            (files, _) =>
            {
                using var log = new TestLog(files);
                Assert.True(log.LogOf(0).Last >= reported, $"{log.LogOf(0).Last} is left of {reported}");
                LogIndex last = log.LogOf(0).Last;
                Fill(log, 6);
                Assert.Equal(last + 6, TestLog.Recover(files).Shards[0].Log.Last);
            });
    }

    [Fact]
    public void The_cut_of_a_torn_tail_and_the_copy_of_damage()
    {
        byte[] torn = TestLog.Payload(9, 300);
        byte[] rotten = [];
        Try(
            files =>
            {
                using (var log = new TestLog(files))
                {
                    Fill(log, 3);
                }

                int end = BatchFormat.RoundUp(files.Contents(TestLog.SegmentPath(2)).AsSpan()
                    .LastIndexOfAnyExcept((byte)0) + 1);
                using IFile file = files.Open(TestLog.SegmentPath(2), FileOpening.Existing);
                file.Write(end + 512, torn);
                file.Sync();
                files.FlipBit(TestLog.SegmentPath(1), 600, 2);
                rotten = files.Contents(TestLog.SegmentPath(1))[..512];
            },
            static files => TestLog.Recover(files, hasPeers: true),
            (files, _) =>
            {
                RecoveredLog recovered = TestLog.Recover(files, hasPeers: true);
                Assert.NotEmpty(recovered.Damage);
                string directory = TestLog.Directory;
                IReadOnlyList<string> names = files.List(directory);
                Assert.Contains(names, name => name.StartsWith("torn-", StringComparison.Ordinal)
                    && files.Contents($"{directory}/{name}").AsSpan().IndexOf(torn) >= 0);
                Assert.Contains(names, name => name.StartsWith("damaged-", StringComparison.Ordinal)
                    && files.Contents($"{directory}/{name}").AsSpan(0, 512).SequenceEqual(rotten));
            });
    }

    [Fact]
    public void The_install_of_a_snapshot()
    {
        byte[] old = TestLog.Payload(1, 700);
        byte[] fresh = TestLog.Payload(2, 900);
        Try(
            files =>
            {
                using var log = new TestLog(files);
                files.CreateDirectory("/node/snapshots");
                files.SyncDirectory("/node");
                log.Append(0, 1, [1], [2], [3]);
                log.Flush();
                Install(files, log, new(new(2), Stamp.FromTerm(1)), old);
            },
            files =>
            {
                using var log = new TestLog(files);
                Install(files, log, new(new(9), Stamp.FromTerm(4)), fresh);
            },
            (files, isDone) =>
            {
                RecoveredLog recovered = TestLog.Recover(files);
                Dictionary<ulong, byte[]> found = [];
                foreach (string name in files.List("/node/snapshots"))
                {
                    if (SnapshotNames.TryParse(name, out _, out LogIndex index))
                    {
                        found.Add(index.Value, files.Contents("/node/snapshots/" + name));
                    }
                }

                // Whatever has its name is whole, and what the log names is there.
                Assert.All(found, pair => Assert.Equal(pair.Key == 9 ? fresh : old, pair.Value));
                Assert.Contains(recovered.Shards[0].SnapshotIndex.Value, found.Keys);
                Assert.True(!isDone || recovered.Shards[0].SnapshotIndex == new LogIndex(9));
            });
    }

    private static void Install(SimFileSystem files, TestLog log, SnapshotMark mark, byte[] bytes)
    {
        var disk = new NodeDisk(files, log.Device, "/node/snapshots");
        string part = SnapshotNames.Unfinished(0, "fetching");
        new SnapshotPieceWrite(part, 0, bytes.AsMemory(0, 400)).Run(disk);
        new SnapshotPieceWrite(part, 400, bytes.AsMemory(400)).Run(disk);
        new SnapshotFinish(part, SnapshotNames.Of(0, mark.Index)).Run(disk);
        log.Appender.MarkSnapshot(0, mark, log.LogOf(0));
        log.Flush();
        new SnapshotTidy(0, SnapshotNames.Of(0, mark.Index)).Run(disk);
    }

    private static void Fill(TestLog log, int entries)
    {
        for (int i = 0; i < entries; i++)
        {
            log.Append(0, 1, TestLog.Payload(i, 900));
            log.Flush();
        }
    }

    private static ulong Open(SimFileSystem files, ulong incarnation)
    {
        using NodeFolder folder = NodeFolder.Open(files, Folder);
        return NodeStart.Open(files, folder, TestLog.Tiny, s_layout, new(1), incarnation).Incarnation;
    }

    /// <param name="prepare">What was there before; all of it is durable.</param>
    /// <param name="update">What is interrupted.</param>
    /// <param name="check">What must hold of each state; told whether the update had been done.</param>
    private static void Try(
        Action<SimFileSystem> prepare, Action<SimFileSystem> update, Action<SimFileSystem, bool> check)
    {
        int points = 2 * CountOperations(prepare, update);
        Assert.True(points > 0);
        int states = 0;
        for (int point = 0; point <= points; point++)
        {
            SimFileSystem files = Prepared(prepare);
            files.CrashPoint = point < points ? (2 * files.OperationCount) + point : -1;
            bool isDone = true;
            try
            {
                update(files);
            }
            catch (SimCrashException)
            {
                isDone = false;
            }

            foreach (SimFileSystem state in files.CrashStates())
            {
                states++;
                check(state, isDone);
            }
        }

        Assert.True(states > points, "there was nothing that a crash could take back");
    }

    private static int CountOperations(Action<SimFileSystem> prepare, Action<SimFileSystem> update)
    {
        SimFileSystem files = Prepared(prepare);
        int before = files.OperationCount;
        update(files);
        return files.OperationCount - before;
    }

    private static SimFileSystem Prepared(Action<SimFileSystem> prepare)
    {
        var files = new SimFileSystem(1);
        prepare(files);
        foreach (string directory in (string[])["/", "/data", Folder, "/node", "/node/log", "/node/snapshots"])
        {
            if (files.Exists(directory))
            {
                files.SyncDirectory(directory);
            }
        }

        files.Kill();
        return files;
    }
}

using System.Reflection;
using Concord.Client.Wire;
using Concord.Cluster.Node;
using Concord.Cluster.State;
using Concord.Cluster.Storage;
using Concord.Cluster.Tests.State;
using Concord.Cluster.Tests.Storage;
using Concord.Consensus;
using Concord.Encoding;
using Concord.Engines;
using Concord.Operations;
using Concord.Simulation.Disk;

namespace Concord.Cluster.Tests.Pitfalls;

/// <summary>The pitfalls that are the node's to avoid: its disk, and requests that come twice. All others are in
/// Concord.Consensus.Tests, which counts them.</summary>
public sealed class PitfallTests
{
    private static readonly int[] s_ofTheNode = [23, 24, 25, 29];
    private readonly SimFileSystem _files = new(1);

    [Fact]
    public void Every_pitfall_of_the_node_has_a_test() => Assert.Equal(
        s_ofTheNode,
        typeof(PitfallTests).GetMethods().Select(static method => method.GetCustomAttribute<PitfallAttribute>())
            .OfType<PitfallAttribute>().Select(static pitfall => pitfall.Number).Order());

    /// <summary>etcd#5230, #6378, #14098: a write that the power cut is no damage, and damage is no such
    /// write.</summary>
    [Fact]
    [Pitfall(23)]
    public void A_torn_tail_is_cut_and_damage_is_refused()
    {
        using (var log = new TestLog(_files))
        {
            log.Append(0, 1, [1]);
            log.Flush();
            log.Append(0, 1, TestLog.Payload(1, 1200));
            log.Flush();
        }

        SimFileSystem torn = _files.Copy(1);
        int last = LastSectorWithContents(torn);
        Wipe(torn, last);
        Assert.Equal(new LogIndex(1), TestLog.Recover(torn).Shards[0].Log.Last);

        using (var log = new TestLog(_files))
        {
            log.Append(0, 1, [3]);
            log.Flush();
        }

        Wipe(_files, last);
        Assert.ThrowsAny<Exception>(() => TestLog.Recover(_files));
    }

    /// <summary>etcd#6368: a file whose name was lost with the power.</summary>
    [Fact]
    [Pitfall(24)]
    public void A_log_keeps_its_files_through_a_crash()
    {
        for (ulong seed = 0; seed < 20; seed++)
        {
            var files = new SimFileSystem(seed);
            using (var log = new TestLog(files))
            {
                for (int i = 0; i < 8; i++)
                {
                    log.Append(0, 1, TestLog.Payload(i, 1500));
                    log.Flush();
                }
            }

            files.Crash();
            Assert.Equal(new LogIndex(8), TestLog.Recover(files).Shards[0].Log.Last);
        }
    }

    /// <summary>The ATC 2020 study of fsync: after a failure another sync succeeds and proves nothing.</summary>
    [Fact]
    [Pitfall(25)]
    public void A_failed_sync_is_never_tried_again()
    {
        using var log = new TestLog(_files);
        log.Append(0, 1, [1]);
        LogBatch batch = log.Appender.TakeBatch()!;
        _files.FailNextSync = true;
        Assert.Throws<IOException>(() => log.Device.Write(batch));

        Assert.Throws<EngineStoppedException>(() => log.Device.Write(batch));
        Assert.Throws<EngineStoppedException>(() => log.Device.PrepareAhead());
    }

    /// <summary>RATIS-1873, curvine#676: the table of answers is part of the state, so that a replica that begins with
    /// a snapshot knows what was done.</summary>
    [Fact]
    [Pitfall(29)]
    public void A_request_that_comes_twice_is_done_once_and_a_snapshot_knows_it()
    {
        byte[] key = RecordKey.Named(new Slot(1), RecordKind.Counter, "", "c");
        var session = new SessionId(9);
        var executor = new CommandExecutor(new Keyspace());
        executor.Execute(CommandBytes(OperationCode.OpenSession, new(Slot.OfShard, default, 0),
            OpenSession.Arguments(session, 0, TimeSpan.FromMinutes(1))));
        byte[] add = CommandBytes(OperationCode.AddCounter, new(new(1), session, 1),
            AddCounter.Request(key, new(1, long.MinValue, long.MaxValue)).Arguments);
        Assert.Equal(ReplyStatus.Answered, executor.Execute(add).Status);
        ulong digest = Digest(executor);

        executor.Execute(add);
        Assert.Equal(digest, Digest(executor));
        var restored = new CommandExecutor(SnapshotFile.Read(SnapshotFile.Write(executor.Keyspace)));
        Assert.Equal(ReplyStatus.Answered, restored.Execute(add).Status);
        Assert.Equal(digest, Digest(restored));
    }

    private static ulong Digest(CommandExecutor executor) => executor.Keyspace.Digest;

    private static byte[] CommandBytes(OperationCode code, RequestKey request, ReadOnlyMemory<byte> arguments)
    {
        var writer = new ByteWriter();
        Command.WriteHead(writer, code, request, 0);
        writer.WriteRaw(arguments.Span);
        return writer.ToArray();
    }

    private static int LastSectorWithContents(SimFileSystem files)
    {
        byte[] contents = files.Contents(TestLog.SegmentPath(1));
        return Array.FindLastIndex(contents, static at => at != 0) / BatchFormat.SectorBytes * BatchFormat.SectorBytes;
    }

    private static void Wipe(SimFileSystem files, int at)
    {
        using IFile file = files.Open(TestLog.SegmentPath(1), FileOpening.Existing);
        file.Write(at, new byte[BatchFormat.SectorBytes]);
        file.Sync();
    }
}

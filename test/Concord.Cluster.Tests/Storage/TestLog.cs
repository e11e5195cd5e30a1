using System.Text;
using Concord.Cluster.Storage;
using Concord.Consensus;
using Concord.Encoding;
using Concord.Simulation.Disk;

namespace Concord.Cluster.Tests.Storage;

/// <summary>A log as a node has it: recovered, with the strand's and the log thread's side on one thread.</summary>
internal sealed class TestLog : IDisposable
{
    public const string Directory = "/node/log";

    public static readonly LogOptions Tiny = new()
    {
        SegmentBytes = 4096, BatchBytesMax = 2048, LogBytesLimit = 4 * 4096,
    };

    public static readonly LogIdentity Identity = new(
        new Guid("6b1b36cb-0b9e-4a2a-9d3c-6f1d0e6f9a01"), new NodeId(3), 1, new byte[] { 1, 0, 2 });

    public TestLog(
        IFileSystem files, LogOptions? options = null, string directory = Directory, bool hasPeers = false)
    {
        Options = options ?? Tiny;
        files.CreateDirectory(directory);
        files.SyncDirectory(Path.GetDirectoryName(directory)!);
        files.SyncDirectory("/");
        Recovered = LogRecovery.Open(files, directory, Options, hasPeers);
        Appender = new(Options, Recovered);
        Device = new(files, directory, Options, Recovered.Position);
        foreach (RecoveredShard shard in Recovered.Shards)
        {
            Logs[shard.Shard] = shard.Log;
        }

        if (Recovered.Identity is null)
        {
            Appender.Identify(Identity);
        }

        foreach (RecoveredShard shard in Recovered.Shards)
        {
            if (shard.Impaired)
            {
                Appender.Resume(shard.Shard, shard.Log);
            }
        }
    }

    public LogOptions Options { get; }

    public RecoveredLog Recovered { get; }

    public LogAppender Appender { get; }

    public LogDevice Device { get; }

    public Dictionary<uint, LogBuffer> Logs { get; } = [];

    public Dictionary<uint, ulong> Sequences { get; } = [];

    public LogBuffer LogOf(uint shard) => Logs.TryGetValue(shard, out LogBuffer? log) ? log : Logs[shard] = new();

    public void Append(uint shard, ulong term, params byte[][] payloads) => Append(shard, term, null, payloads);

    public void Append(uint shard, ulong term, HardState? hardState, params byte[][] payloads)
    {
        LogBuffer log = LogOf(shard);
        LogIndex first = log.Last + 1;
        foreach (byte[] payload in payloads)
        {
            log.Append(Stamp.FromTerm(term), EntryKind.Command, payload);
        }

        Write(shard, hardState, null, new(first, payloads.Length));
    }

    public ulong Write(uint shard, HardState? hardState, LogIndex? truncateFrom, LogRange entries)
    {
        ulong sequence = Sequences[shard] = Sequences.GetValueOrDefault(shard) + 1;
        Appender.Append(shard, new(sequence, hardState, truncateFrom, entries), LogOf(shard));
        return sequence;
    }

    /// <summary>A write of Multi-Paxos: each place for itself.</summary>
    public ulong WritePlaces(uint shard, HardState? hardState, LogRange entries, LogRange restamped = default)
    {
        ulong sequence = Sequences[shard] = Sequences.GetValueOrDefault(shard) + 1;
        var write = new LogWrite(sequence, hardState, null, entries)
        {
            Restamped = restamped, KeepsWhatFollows = true,
        };
        Appender.Append(shard, write, LogOf(shard));
        return sequence;
    }

    /// <summary>Writes everything that waits.</summary>
    public int Flush()
    {
        int batches = 0;
        while (Appender.TakeBatch() is { } batch)
        {
            Device.Write(batch);
            Appender.Completed(batch);
            batches++;
        }

        return batches;
    }

    /// <summary>Writes the next batch.</summary>
    /// <returns>Its segment, and where it ends there.</returns>
    public (ulong Segment, int End) WriteOne()
    {
        LogBatch batch = Appender.TakeBatch()!;
        (ulong Segment, int End) place = (batch.Segment, batch.Offset + batch.Bytes.Length);
        Device.Write(batch);
        Appender.Completed(batch);
        return place;
    }

    public void Idle()
    {
        if (Appender.TakeIdleBatch() is { } batch)
        {
            Device.Write(batch);
            Appender.Completed(batch);
        }
    }

    public void PrepareAll()
    {
        while (Device.PrepareAhead())
        {
        }
    }

    public void Dispose() => Device.Dispose();

    public static byte[] Payload(int seed, int length)
    {
        byte[] payload = new byte[length];
        new Concord.Simulation.SimRandom((ulong)seed).Fill(payload);
        return payload;
    }

    /// <summary>What was recovered, as text that can be compared.</summary>
    public static string Describe(RecoveredLog recovered)
    {
        var text = new StringBuilder();
        foreach (RecoveredShard shard in recovered.Shards)
        {
            text.Append(DescribeShard(
                shard.Shard, shard.HardState, new(shard.SnapshotIndex, shard.SnapshotStamp), shard.Log));
        }

        return text.ToString();
    }

    public static string DescribeShard(uint shard, HardState hardState, SnapshotMark mark, LogBuffer log)
    {
        if (hardState == default && mark == default && log.Count == 0)
        {
            return "";
        }

        var text = new StringBuilder();
        text.Append($"shard {shard}: {hardState.Stamp} {hardState.VotedFor}");
        text.Append(hardState.Commit > LogIndex.Zero ? $" committed {hardState.Commit}" : "");
        text.Append($", snapshot {mark.Index} {mark.Stamp}:");
        for (LogIndex at = log.First; at <= log.Last; at++)
        {
            if (!log.Has(at))
            {
                continue;
            }

            ReadOnlySpan<byte> payload = log.PayloadAt(at);
            text.Append($" {at}/{log.StampAt(at)}/{payload.Length}/{Checksum.Crc32C(payload):x}");
            text.Append(log.OriginAt(at) == log.StampAt(at) ? "" : $"/of {log.OriginAt(at)}");
        }

        return text.Append('\n').ToString();
    }

    public static string SegmentPath(ulong segment) => Path.Combine(Directory, SegmentNames.Of(segment));

    /// <summary>Recovers from a copy, so that the original stays as it is.</summary>
    public static RecoveredLog Recover(SimFileSystem files, LogOptions? options = null, bool hasPeers = false) =>
        LogRecovery.Open(files, Directory, options ?? Tiny, hasPeers);
}

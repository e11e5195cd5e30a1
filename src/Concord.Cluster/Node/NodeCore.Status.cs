using System.Reflection;
using System.Text.Json;
using Concord.Client.Administration;
using Concord.Client.Wire;
using Concord.Consensus;
using Concord.Encoding;
using Concord.Engines;
using Concord.Operations;

namespace Concord.Cluster.Node;

/// <content>What an administrator may ask.</content>
internal sealed partial class NodeCore
{
    private const int ScanRecordsMax = 1000;
    private const int ScanBytesMax = 1 << 20;

    private static readonly string s_version =
        typeof(NodeCore).Assembly.GetCustomAttribute<AssemblyInformationalVersionAttribute>()?.InformationalVersion
            ?? "0";

    /// <summary>Processor time of the process so far; the shell's, asked when somebody wants to know.</summary>
    public Func<double> CpuSeconds { get; set; } = static () => 0;

    /// <summary>Syncs of the log since the start.</summary>
    public long Syncs { get; private set; }

    private void SendStatus(ReplyTarget target, bool verifyDigests)
    {
        var status = new NodeStatus
        {
            Node = Settings.Self.Value,
            Address = Directory.Find(Settings.Self.Value)?.Address ?? "",
            ClusterId = Layout.ClusterId.ToString(),
            Version = s_version,
            Level = _local.Count == 0 ? 0 : _local.Min(static shard => shard.Level),
            LogBytes = Log.TotalBytes,
            Syncs = Syncs,
            CpuSeconds = CpuSeconds(),
            Shards = [.. _local.Select(shard => StatusOf(shard, verifyDigests))],
        };
        target.Reply(new NodeReply
        {
            Status = ReplyStatus.Answered,
            Answer = AnswerStatus.Done,
            Payload = JsonSerializer.SerializeToUtf8Bytes(status, AdministrationJson.Default.NodeStatus),
        });
    }

    private static ShardStatus StatusOf(Shard shard, bool verifyDigest)
    {
        ReplicaStatus status = shard.Core.Status;
        ulong digest = verifyDigest ? shard.Keyspace.ComputeDigest() : shard.Keyspace.Digest;
        Invariant.Check(digest == shard.Keyspace.Digest, "the state is what was written to it");
        return new()
        {
            Shard = (int)shard.Id,
            Role = status.Role.ToString(),
            Term = (long)status.Stamp.Term,
            TermOwner = status.Stamp.Owner.Value,
            Leader = status.Leader.Value,
            LastIndex = (long)status.LastIndex.Value,
            DurableIndex = (long)status.DurableIndex.Value,
            CommitIndex = (long)status.CommitIndex.Value,
            AppliedIndex = (long)shard.Applied.Value,
            Records = shard.Keyspace.Count,
            StateBytes = shard.Keyspace.Bytes,
            Digest = digest.ToString("x16", System.Globalization.CultureInfo.InvariantCulture),
            InDoubt = shard.InDoubt,
            Sessions = shard.SessionCount,
        };
    }

    /// <summary>Values and counters behind a key, in key order: as many as fit, then whether there are more.</summary>
    private static void Scan(Shard shard, ref ByteReader message, ReplyTarget target)
    {
        byte[] after = message.ReadBytes().ToArray();
        message.End();
        if (!shard.IsReady)
        {
            target.Refuse(ReplyStatus.NotLeader, shard.Leader);
            return;
        }

        var page = new ByteWriter(4096);
        int slot = after.Length < 2 ? 0 : RecordKey.SlotOf(after).Value;
        int records = 0;
        Span<byte> prefix = stackalloc byte[2];
        while (slot < Slot.Count && records < ScanRecordsMax && page.Length < ScanBytesMax)
        {
            System.Buffers.Binary.BinaryPrimitives.WriteUInt16BigEndian(prefix, (ushort)slot);
            if (!after.AsSpan().StartsWith(prefix))
            {
                after = prefix.ToArray();
            }

            if (!shard.Keyspace.TryNext(prefix, after, out RecordView record)
                || RecordKey.KindOf(record.Key) > RecordKind.Counter)
            {
                slot++;
                continue;
            }

            after = record.Key.ToArray();
            page.WriteBytes(record.Key);
            page.WriteInt64(record.ModRevision);
            page.WriteBytes(record.Value);
            records++;
        }

        target.Reply(new NodeReply
        {
            Status = ReplyStatus.Answered,
            Answer = slot < Slot.Count ? AnswerStatus.Refused : AnswerStatus.Done,
            Payload = page.Written,
        });
    }
}

using System.Globalization;
using System.Runtime.CompilerServices;
using System.Text.Json;
using Concord.Client.Connections;
using Concord.Client.Wire;
using Concord.Encoding;
using Concord.Engines;
using Concord.Operations;

namespace Concord.Client.Administration;

/// <summary>Asks nodes over the wire, each question on a connection of its own.</summary>
/// <param name="dialer">Makes connections.</param>
internal sealed class ClusterAdmin(IDialer dialer) : IClusterAdmin
{
    private static readonly TimeSpan s_leaderPatience = TimeSpan.FromSeconds(20);

    private readonly MembersAdmin _members = new(dialer, TimeProvider.System);

    public async Task<NodeStatus> StatusAsync(string address, bool verifyDigests, CancellationToken cancellationToken)
    {
        using AdminConnection connection = new(address, dialer);
        AdminReply reply = await connection.AskAsync(
            WireKind.StatusRequest, writer => writer.WriteByte(verifyDigests ? (byte)1 : (byte)0), cancellationToken)
            .ConfigureAwait(false);
        try
        {
            return JsonSerializer.Deserialize(reply.Payload, AdministrationJson.Default.NodeStatus)!;
        }
        catch (JsonException error)
        {
            throw EngineErrors.Unavailable(
                $"The node at {address} answered something else than its status; is it of another version?", error);
        }
    }

    public Task<MembersView> MembersAsync(string address, CancellationToken cancellationToken) =>
        _members.ViewAsync(address, cancellationToken);

    public Task<MembersAnswer> ChangeMembersAsync(
        IReadOnlyList<string> addresses, MembersRequest request, CancellationToken cancellationToken) =>
        _members.ChangeAsync(addresses, request, s_leaderPatience, cancellationToken);

    public async IAsyncEnumerable<ScannedRecord> ScanAsync(
        IReadOnlyList<string> addresses,
        string @namespace,
        string namePrefix,
        [EnumeratorCancellation] CancellationToken cancellationToken)
    {
        Topology topology = await TopologyAsync(addresses, cancellationToken).ConfigureAwait(false);
        for (int shard = 0; shard < topology.Shards.Count; shard++)
        {
            string leader = topology.AddressOf(topology.Shards[shard].Leader)
                ?? throw EngineErrors.Unavailable($"Shard {shard} has no leader.");
            using AdminConnection connection = new(leader, dialer);
            byte[] after = [];
            bool isLast = false;
            while (!isLast)
            {
                (List<ScannedRecord> page, after, isLast) = await PageAsync(
                    connection, (uint)shard, after, @namespace, cancellationToken).ConfigureAwait(false);
                foreach (ScannedRecord record in page)
                {
                    if (record.Name.StartsWith(namePrefix, StringComparison.Ordinal))
                    {
                        yield return record;
                    }
                }
            }
        }
    }

    private async Task<Topology> TopologyAsync(IReadOnlyList<string> addresses, CancellationToken cancellationToken)
    {
        EngineUnavailableException? last = null;
        foreach (string address in addresses)
        {
            try
            {
                using AdminConnection connection = new(address, dialer);
                AdminReply reply = await connection.AskAsync(
                    WireKind.TopologyRequest, static _ => { }, cancellationToken).ConfigureAwait(false);
                return Topology.Read(new ByteReader(reply.Payload));
            }
            catch (EngineUnavailableException error)
            {
                last = error;
            }
        }

        throw last ?? EngineErrors.Unavailable("No address was given.");
    }

    private static async Task<(List<ScannedRecord> Page, byte[] After, bool IsLast)> PageAsync(
        AdminConnection connection, uint shard, byte[] after, string @namespace, CancellationToken cancellationToken)
    {
        void Write(ByteWriter writer)
        {
            writer.WriteUInt32(shard);
            writer.WriteBytes(after);
        }

        AdminReply reply =
            await connection.AskAsync(WireKind.ScanRequest, Write, cancellationToken).ConfigureAwait(false);
        if (reply.Status != ReplyStatus.Answered)
        {
            throw EngineErrors.Unavailable($"Shard {shard} cannot be read now: {reply.Status}.");
        }

        (List<ScannedRecord> page, byte[] last) = Read(reply.Payload, after, @namespace);
        return (page, last, reply.Answer == AnswerStatus.Done);
    }

    /// <summary>The records of the namespace, and the key to go on behind, whatever namespace it is of.</summary>
    private static (List<ScannedRecord> Page, byte[] Last) Read(byte[] payload, byte[] after, string @namespace)
    {
        List<ScannedRecord> page = [];
        var reader = new ByteReader(payload);
        while (reader.Remaining > 0)
        {
            byte[] key = reader.ReadBytes().ToArray();
            long revision = reader.ReadInt64();
            byte[] value = reader.ReadBytes().ToArray();
            after = key;
            (string space, string name) = RecordKey.NameOf(key);
            if (space == @namespace)
            {
                page.Add(RecordOf(RecordKey.KindOf(key), name, value, revision));
            }
        }

        return (page, after);
    }

    private static ScannedRecord RecordOf(RecordKind kind, string name, byte[] stored, long revision)
    {
        bool isCounter = kind == RecordKind.Counter;
        ReadOnlyMemory<byte> content;
        if (isCounter)
        {
            string digits = CounterRecord.Decode(stored).ToString(CultureInfo.InvariantCulture);
            content = System.Text.Encoding.ASCII.GetBytes(digits);
        }
        else
        {
            ValueRecord.Read(stored, out content);
        }

        return new ScannedRecord
        {
            Kind = isCounter ? ScannedRecord.CounterKind : ScannedRecord.ValueKind,
            Name = name,
            Value = content.ToArray(),
            Revision = revision,
        };
    }
}

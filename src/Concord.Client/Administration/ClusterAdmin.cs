using System.Net.Sockets;
using System.Runtime.CompilerServices;
using System.Text.Json;
using Concord.Client.Wire;
using Concord.Encoding;
using Concord.Engines;
using Concord.Operations;

namespace Concord.Client.Administration;

/// <summary>Asks over connections of its own, so that it also works while the cluster does not.</summary>
internal sealed class ClusterAdmin(TimeProvider time) : IClusterAdmin
{
    private static readonly TimeSpan s_retryDelay = TimeSpan.FromMilliseconds(100);

    public async Task<NodeStatus> StatusAsync(string address, bool verifyDigests, CancellationToken cancellationToken)
    {
        using AdminConnection connection = await AdminConnection.OpenAsync(address, cancellationToken).ConfigureAwait(false);
        EngineAnswer answer = await connection.AskAsync(
            WireKind.StatusRequest, writer => writer.WriteByte(verifyDigests ? (byte)1 : (byte)0), cancellationToken).ConfigureAwait(false)
            ?? throw EngineErrors.Unavailable($"{address} gave no status.");
        return JsonSerializer.Deserialize(answer.Payload.Span, AdministrationJson.Default.NodeStatus)
            ?? throw EngineErrors.Unavailable($"{address} gave an empty status.");
    }

    public async IAsyncEnumerable<ScannedRecord> ScanAsync(
        IReadOnlyList<string> addresses,
        string @namespace,
        string namePrefix,
        [EnumeratorCancellation] CancellationToken cancellationToken)
    {
        Topology topology = await TopologyAsync(addresses, cancellationToken).ConfigureAwait(false);
        for (int shard = 0; shard < topology.Shards.Count; shard++)
        {
            byte[]? after = [];
            while (after is not null)
            {
                (byte[]? last, List<ScannedRecord> page) =
                    await PageAsync(topology, (uint)shard, after, cancellationToken).ConfigureAwait(false);
                after = last;
                foreach (ScannedRecord record in page)
                {
                    if (Matches(record, @namespace, namePrefix))
                    {
                        yield return record with { Name = record.Name[(@namespace.Length + 1)..] };
                    }
                }
            }
        }
    }

    private static bool Matches(ScannedRecord record, string @namespace, string namePrefix) =>
        record.Name.StartsWith($"{@namespace}\0{namePrefix}", StringComparison.Ordinal);

    private static async Task<Topology> TopologyAsync(IReadOnlyList<string> addresses, CancellationToken cancellationToken)
    {
        Exception? last = null;
        foreach (string address in addresses)
        {
            try
            {
                using AdminConnection connection = await AdminConnection.OpenAsync(address, cancellationToken).ConfigureAwait(false);
                EngineAnswer? answer = await connection.AskAsync(
                    WireKind.TopologyRequest, static _ => { }, cancellationToken).ConfigureAwait(false);
                return Topology.Read(new ByteReader(answer!.Value.Payload.Span));
            }
            catch (EngineUnavailableException e)
            {
                last = e;
            }
        }

        throw EngineErrors.Unavailable($"None of {string.Join(", ", addresses)} answered.", last);
    }

    /// <summary>One page of a shard from whoever leads it; waits while nobody does.</summary>
    private async Task<(byte[]? After, List<ScannedRecord> Page)> PageAsync(
        Topology topology, uint shard, byte[] after, CancellationToken cancellationToken)
    {
        while (true)
        {
            foreach (ushort node in topology.Shards[(int)shard].Replicas)
            {
                try
                {
                    using AdminConnection connection = await AdminConnection.OpenAsync(
                        topology.AddressOf(node)!, cancellationToken).ConfigureAwait(false);
                    EngineAnswer? answer = await connection.AskAsync(
                        WireKind.ScanRequest,
                        writer =>
                        {
                            writer.WriteUInt32(shard);
                            writer.WriteBytes(after);
                        },
                        cancellationToken).ConfigureAwait(false);
                    if (answer is { } page)
                    {
                        return Decode(page);
                    }
                }
                catch (EngineUnavailableException)
                {
                    // Another replica may lead.
                }
            }

            await Task.Delay(s_retryDelay, time, cancellationToken).ConfigureAwait(false);
        }
    }

    private static (byte[]? After, List<ScannedRecord> Page) Decode(in EngineAnswer answer)
    {
        var records = new List<ScannedRecord>();
        var reader = new ByteReader(answer.Payload.Span);
        byte[]? last = null;
        while (reader.Remaining > 0)
        {
            last = reader.ReadBytes().ToArray();
            long revision = reader.ReadInt64();
            byte[] value = reader.ReadBytes().ToArray();
            bool isCounter = RecordKey.KindOf(last) == RecordKind.Counter;
            (string @namespace, string name) = RecordKey.NameOf(last);
            records.Add(new()
            {
                Kind = isCounter ? ScannedRecord.CounterKind : ScannedRecord.ValueKind,
                Name = $"{@namespace}\0{name}",
                Value = isCounter ? Decimal(CounterRecord.Decode(value)) : ContentOf(value),
                Revision = revision,
            });
        }

        return (answer.Status == AnswerStatus.Done ? null : last, records);
    }

    private static byte[] Decimal(long value) =>
        System.Text.Encoding.ASCII.GetBytes(value.ToString(System.Globalization.CultureInfo.InvariantCulture));

    private static byte[] ContentOf(byte[] record)
    {
        ValueRecord.Read(record, out ReadOnlyMemory<byte> content);
        return content.ToArray();
    }
}

/// <summary>A connection for one or a few questions.</summary>
internal sealed class AdminConnection : IDisposable
{
    private const ulong RequestId = 1;

    private readonly Socket _socket = new(SocketType.Stream, ProtocolType.Tcp) { NoDelay = true };
    private readonly string _address;
    private readonly FrameWriter _frames = new();
    private byte[] _buffer = new byte[64 << 10];
    private int _held;

    private AdminConnection(string address) => _address = address;

    public static async Task<AdminConnection> OpenAsync(string address, CancellationToken cancellationToken)
    {
        var connection = new AdminConnection(address);
        try
        {
            await connection._socket.ConnectAsync(Connections.SocketLink.Parse(address), cancellationToken).ConfigureAwait(false);
            new Hello(HelloRole.Client, default, 0, 0, OperationTable.KnownLevel).Write(connection._frames, WireKind.Hello);
            return connection;
        }
        catch (Exception e) when (e is SocketException or FormatException)
        {
            connection.Dispose();
            throw EngineErrors.Unavailable($"{address} cannot be reached: {e.Message}", e);
        }
        catch
        {
            connection.Dispose();
            throw;
        }
    }

    /// <returns>The answer; null when the node does not lead what was asked for.</returns>
    public async Task<EngineAnswer?> AskAsync(WireKind kind, Action<ByteWriter> write, CancellationToken cancellationToken)
    {
        ByteWriter writer = _frames.Begin(kind);
        writer.WriteUInt64(RequestId);
        write(writer);
        _frames.End();
        try
        {
            for (ReadOnlyMemory<byte> rest = _frames.Take(); rest.Length > 0;)
            {
                rest = rest[await _socket.SendAsync(rest, cancellationToken).ConfigureAwait(false)..];
            }

            _frames.Clear();
            while (true)
            {
                int length = Frame.LengthOf(_buffer.AsSpan(0, _held));
                if (length > 0 && length <= _held)
                {
                    bool found = Find(Frame.BodyOf(_buffer.AsSpan(0, length)), out EngineAnswer? answer);
                    _buffer.AsSpan(length, _held - length).CopyTo(_buffer);
                    _held -= length;
                    if (found)
                    {
                        return answer;
                    }

                    continue;
                }

                if (Math.Max(length, _held + 1) is var needed && needed > _buffer.Length)
                {
                    Array.Resize(ref _buffer, Math.Max(needed, 2 * _buffer.Length));
                }

                int count = await _socket.ReceiveAsync(_buffer.AsMemory(_held), cancellationToken).ConfigureAwait(false);
                _held += count > 0 ? count : throw EngineErrors.Unavailable($"{_address} closed the connection.");
            }
        }
        catch (Exception e) when (e is SocketException or MalformedDataException)
        {
            throw EngineErrors.Unavailable($"{_address} did not answer: {e.Message}", e);
        }
    }

    public void Dispose() => _socket.Dispose();

    private static bool Find(ReadOnlySpan<byte> body, out EngineAnswer? answer)
    {
        answer = null;
        var messages = new MessageReader(body);
        while (messages.TryRead(out WireKind kind, out ByteReader message))
        {
            if (kind == WireKind.Refused)
            {
                throw new MalformedDataException(message.ReadText());
            }

            if (kind == WireKind.Reply)
            {
                NodeReply reply = NodeReply.Read(ref message, out _);
                answer = reply.Status == ReplyStatus.Answered
                    ? new(reply.Answer, reply.Revision, reply.Payload.ToArray())
                    : null;
                return true;
            }
        }

        return false;
    }
}

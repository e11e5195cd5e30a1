using System.Buffers.Binary;
using Concord.Encoding;

namespace Concord.Cli.Bench.Rabbit;

/// <summary>
/// One connection to RabbitMQ with one channel, in AMQP 0-9-1, and nothing that a load does not need: messages that are
/// confirmed, and one consumer that is sent them. Callers share it.
/// </summary>
internal sealed class RabbitConnection : PeerConnection
{
    private const ushort Channel = 1;

    private readonly Dictionary<ulong, TaskCompletionSource<bool>> _unconfirmed = [];
    private readonly SharedDeliveries<RabbitDelivery>? _deliveries;
    private readonly byte[] _publish;
    private TaskCompletionSource<byte[]?>? _answer;
    private ulong _published;
    private ulong _confirmedThrough;

    private RabbitConnection(string queue, SharedDeliveries<RabbitDelivery>? deliveries)
    {
        _deliveries = deliveries;
        ByteWriter publish = new();
        AmqpFrames.WriteUInt16(publish, 0);
        AmqpFrames.WriteShort(publish, "");
        AmqpFrames.WriteShort(publish, queue);
        publish.WriteByte(0);
        _publish = publish.ToArray();
    }

    /// <param name="address">Where the broker listens.</param>
    /// <param name="queue">Which queue; made unless it is there.</param>
    /// <param name="deliveries">Where the messages go that it is sent; null for no consumer.</param>
    /// <param name="prefetch">How many messages it is sent before it has acknowledged one.</param>
    /// <param name="cancellationToken">Stops waiting.</param>
    /// <exception cref="IOException">Nobody answers there.</exception>
    public static async Task<RabbitConnection> OpenAsync(
        string address,
        string queue,
        SharedDeliveries<RabbitDelivery>? deliveries,
        ushort prefetch,
        CancellationToken cancellationToken)
    {
        RabbitConnection connection = new(queue, deliveries);
        await connection.ConnectAsync(address, cancellationToken);
        try
        {
            await connection.GreetAsync(cancellationToken);
            await connection.DeclareAsync(queue, cancellationToken);
            if (deliveries is not null)
            {
                await connection.ConsumeAsync(queue, prefetch, cancellationToken);
            }
        }
        catch
        {
            await connection.DisposeAsync();
            throw;
        }

        return connection;
    }

    /// <returns>Whether the queue has it.</returns>
    public Task<bool> PublishAsync(ReadOnlySpan<byte> message)
    {
        // It continues on the receiving thread, as the answers of the other sides do.
        TaskCompletionSource<bool> confirmed = new();
        lock (Gate)
        {
            if (IsBroken)
            {
                return Task.FromResult(false);
            }

            _unconfirmed.Add(++_published, confirmed);
            AmqpFrames.WriteMessage(Pending, Channel, _publish, message);
        }

        Flush();
        return confirmed.Task;
    }

    /// <summary>Done with it. AMQP has no answer to that.</summary>
    public void Acknowledge(ulong delivery)
    {
        lock (Gate)
        {
            AmqpFrames.WriteAcknowledgement(Pending, Channel, delivery);
        }

        Flush();
    }

    protected override int Handle(ReadOnlySpan<byte> received)
    {
        if (!AmqpFrames.TryRead(received, out AmqpFrame frame))
        {
            return 0;
        }

        if (frame.Kind == AmqpFrames.Method)
        {
            ReadOnlySpan<byte> payload = received.Slice(AmqpFrames.HeadBytes, frame.Length);
            Handle((AmqpMethod)BinaryPrimitives.ReadInt32BigEndian(payload), payload[AmqpFrames.MethodBytes..]);
        }

        return AmqpFrames.HeadBytes + frame.Length + AmqpFrames.EndBytes;
    }

    protected override void Break()
    {
        List<TaskCompletionSource<bool>> unconfirmed;
        lock (Gate)
        {
            unconfirmed = [.. _unconfirmed.Values];
            _unconfirmed.Clear();
        }

        unconfirmed.ForEach(static each => each.SetResult(false));
        _deliveries?.End();
        _answer?.TrySetResult(null);
    }

    private void Handle(AmqpMethod method, ReadOnlySpan<byte> arguments)
    {
        switch (method)
        {
            case AmqpMethod.Deliver:
                _deliveries?.Add(new RabbitDelivery(this, AmqpFrames.DeliveryOf(arguments)));
                break;
            case AmqpMethod.Acknowledge or AmqpMethod.Refuse:
                Confirm(
                    BinaryPrimitives.ReadUInt64BigEndian(arguments),
                    isMultiple: (arguments[sizeof(ulong)] & 1) != 0,
                    isGood: method == AmqpMethod.Acknowledge);
                break;
            case AmqpMethod.Close or AmqpMethod.CloseChannel:
                _answer?.TrySetResult(null);
                break;
            default:
                _answer?.TrySetResult(arguments.ToArray());
                break;
        }
    }

    private void Confirm(ulong message, bool isMultiple, bool isGood)
    {
        for (ulong each = isMultiple ? _confirmedThrough + 1 : message; each <= message; each++)
        {
            TaskCompletionSource<bool>? confirmed;
            lock (Gate)
            {
                _unconfirmed.Remove(each, out confirmed);
            }

            confirmed?.SetResult(isGood);
        }

        _confirmedThrough = isMultiple ? message : _confirmedThrough;
    }

    private async Task GreetAsync(CancellationToken cancellationToken)
    {
        await AskAsync(pending => pending.WriteRaw([(byte)'A', (byte)'M', (byte)'Q', (byte)'P', 0, 0, 9, 1]),
            cancellationToken);
        byte[] tune = await AskAsync(
            0,
            AmqpMethod.StartOk,
            arguments =>
            {
                AmqpFrames.WriteInt32(arguments, 0);
                AmqpFrames.WriteShort(arguments, "PLAIN");
                AmqpFrames.WriteLong(arguments, "\0guest\0guest");
                AmqpFrames.WriteShort(arguments, "en_US");
            },
            cancellationToken);
        await AskAsync(
            pending =>
            {
                // As the broker wants it, without heartbeats: nobody is away for long here.
                byte[] limits = [.. tune];
                limits.AsSpan(sizeof(ushort) + sizeof(int)).Clear();
                AmqpFrames.WriteMethod(pending, 0, AmqpMethod.TuneOk, limits);
                ByteWriter open = new();
                AmqpFrames.WriteShort(open, "/");
                AmqpFrames.WriteShort(open, "");
                open.WriteByte(0);
                AmqpFrames.WriteMethod(pending, 0, AmqpMethod.Open, open.Written);
            },
            cancellationToken);
        await AskAsync(
            Channel, AmqpMethod.OpenChannel, arguments => AmqpFrames.WriteShort(arguments, ""), cancellationToken);
        await AskAsync(Channel, AmqpMethod.SelectConfirms, arguments => arguments.WriteByte(0), cancellationToken);
    }

    private Task<byte[]> DeclareAsync(string queue, CancellationToken cancellationToken) => AskAsync(
        Channel,
        AmqpMethod.Declare,
        arguments =>
        {
            const byte durable = 2;
            AmqpFrames.WriteUInt16(arguments, 0);
            AmqpFrames.WriteShort(arguments, queue);
            arguments.WriteByte(durable);
            ByteWriter table = new();
            AmqpFrames.WriteShort(table, "x-queue-type");
            table.WriteByte((byte)'S');
            AmqpFrames.WriteLong(table, "quorum");
            AmqpFrames.WriteInt32(arguments, table.Length);
            arguments.WriteRaw(table.Written);
        },
        cancellationToken);

    private async Task ConsumeAsync(string queue, ushort prefetch, CancellationToken cancellationToken)
    {
        await AskAsync(
            Channel,
            AmqpMethod.Limit,
            arguments =>
            {
                AmqpFrames.WriteInt32(arguments, 0);
                AmqpFrames.WriteUInt16(arguments, prefetch);
                arguments.WriteByte(0);
            },
            cancellationToken);
        await AskAsync(
            Channel,
            AmqpMethod.Consume,
            arguments =>
            {
                AmqpFrames.WriteUInt16(arguments, 0);
                AmqpFrames.WriteShort(arguments, queue);
                AmqpFrames.WriteShort(arguments, "");
                arguments.WriteByte(0);
                AmqpFrames.WriteInt32(arguments, 0);
            },
            cancellationToken);
    }

    private Task<byte[]> AskAsync(
        ushort channel, AmqpMethod method, Action<ByteWriter> arguments, CancellationToken cancellationToken) =>
        AskAsync(
            pending =>
            {
                ByteWriter written = new();
                arguments(written);
                AmqpFrames.WriteMethod(pending, channel, method, written.Written);
            },
            cancellationToken);

    /// <summary>Before the load begins: one question at a time.</summary>
    private async Task<byte[]> AskAsync(Action<ByteWriter> write, CancellationToken cancellationToken)
    {
        TaskCompletionSource<byte[]?> answer = new(TaskCreationOptions.RunContinuationsAsynchronously);
        _answer = answer;
        lock (Gate)
        {
            write(Pending);
            if (IsBroken)
            {
                answer.TrySetResult(null);
            }
        }

        Flush();
        return await answer.Task.WaitAsync(cancellationToken) ?? throw new IOException("RabbitMQ refused or left.");
    }
}

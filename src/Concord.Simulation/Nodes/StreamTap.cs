using Concord.Client.Wire;
using Concord.Encoding;
using Concord.Engines;
using Concord.Simulation.Pictures;

namespace Concord.Simulation.Nodes;

/// <summary>Watches one direction of a connection for the picture: which messages of the groups are in the bytes, and
/// when the last byte of each has come.</summary>
internal sealed class StreamTap(PictureRecorder picture, NodeWorld world)
{
    private readonly Queue<(long End, int Message)> _underWay = new();
    private long _sent;
    private long _received;

    /// <summary>What an entry of a shard is for.</summary>
    public static string WordsOf(ReadOnlySpan<byte> payload)
    {
        Command command = Command.Read(payload);
        return command.Request.Session == default ? $"{command.Code}" : $"{command.Code} {command.Request}";
    }

    public void Sent(ReadOnlySpan<byte> bytes)
    {
        while (!bytes.IsEmpty)
        {
            int length = Frame.LengthOf(bytes);
            _sent += length;
            var messages = new MessageReader(bytes[Frame.HeadBytes..length]);
            while (messages.TryRead(out WireKind kind, out ByteReader message))
            {
                if (kind == WireKind.Consensus)
                {
                    int shard = (int)message.ReadUInt32();
                    _underWay.Enqueue((_sent, picture.Sent(shard, message.Rest, world.Now)));
                }
            }

            bytes = bytes[length..];
        }
    }

    public void Received(int bytes)
    {
        _received += bytes;
        while (_underWay.TryPeek(out (long End, int Message) next) && next.End <= _received)
        {
            picture.Arrived(_underWay.Dequeue().Message, world.Now);
        }
    }

    public void Broken()
    {
        while (_underWay.TryDequeue(out (long End, int Message) next))
        {
            picture.Lost(next.Message, world.Now, atTheEnd: false);
        }
    }
}

using Concord.Cluster.Node;
using Concord.Engines;
using Concord.Operations.Queues;

namespace Concord.Simulation.Nodes.Primitives;

/// <summary>Where a message is.</summary>
internal enum MessagePlace
{
    Ready,
    Delayed,
    Behind,
    InFlight,
}

/// <summary>A message as a replica has it.</summary>
/// <param name="Number">The number that its sender wrote into it.</param>
/// <param name="Place">Where it is.</param>
/// <param name="Order">Its order.</param>
/// <param name="Group">Its group, in hexadecimal; empty for none.</param>
/// <param name="Deliveries">How often it was delivered.</param>
/// <param name="Failures">How often that failed.</param>
/// <param name="Due">Not before; for a delivery its end.</param>
/// <param name="Holder">Who has it.</param>
/// <param name="Token">The token of the delivery.</param>
/// <param name="Bytes">Of content.</param>
internal sealed record MessageSeen(
    ulong Number, MessagePlace Place, ulong Order, string Group, int Deliveries, int Failures, long Due,
        RequestKey Holder, long Token, int Bytes)
{
    public bool IsInFlight => Place == MessagePlace.InFlight;

    public bool IsFirstOfGroup => Place != MessagePlace.Behind;
}

/// <summary>A queue as a replica has it: every message once, wherever it is stored.</summary>
internal sealed class QueueRecords
{
    private const byte ReadyPart = 1;
    private const byte DelayedPart = 2;

    public static QueueRecords None { get; } = new();

    public SortedDictionary<ulong, MessageSeen> Messages { get; } = [];

    public QueueRoot Root { get; private init; } = new();

    public static QueueRecords Of(Shard shard, HeldRoot queue, RootRecords records)
    {
        var found = new QueueRecords { Root = records.Root is { } stored ? QueueRoot.Read(stored) : new() };
        foreach ((byte[] key, byte[] value, _) in RootRecords.Behind(shard.Keyspace, queue, RecordKind.Message))
        {
            QueueMessage message = QueueMessage.Read(value);
            MessagePlace place = key[queue.Key.Length + 2] switch
            {
                ReadyPart => MessagePlace.Ready,
                DelayedPart => MessagePlace.Delayed,
                _ => MessagePlace.Behind,
            };
            found.Add(queue, message, place, message.Due.Milliseconds, default, 0);
        }

        foreach ((RequestKey holder, (long token, byte[] value)) in records.Holds)
        {
            DeliveryRecord delivery = DeliveryRecord.Read(value);
            found.Add(queue, delivery.Message, MessagePlace.InFlight, delivery.Until.Milliseconds, holder, token);
        }

        return found;
    }

    public int Count(MessagePlace place) => Messages.Values.Count(message => message.Place == place);

    private void Add(
        HeldRoot queue, in QueueMessage message, MessagePlace place, long due, RequestKey holder, long token)
    {
        ulong number = Requests.NumberIn(message.Content);
        var seen = new MessageSeen(
            number,
            place,
            message.Order,
            Convert.ToHexString(message.Group),
            message.Deliveries,
            message.Failures,
            due,
            holder,
            token,
            message.Content.Length);
        NodeRules.Require(
            Messages.TryAdd(number, seen), "a-message-is-in-one-place", $"{queue}: message {number} is there twice");
    }
}

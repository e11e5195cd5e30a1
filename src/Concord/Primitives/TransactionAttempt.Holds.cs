using Concord.Engines;
using Concord.Operations.Holds;
using Concord.Operations.Queues;

namespace Concord.Primitives;

/// <content>What a transaction does besides reading and writing records: requires holds, fills queues, completes
/// deliveries.</content>
internal sealed partial class TransactionAttempt
{
    public void Require(Fence fence)
    {
        EngineFence hold = HoldName.Parse(fence, client.Namespace);
        byte[] handle = hold.Session.IsNone ? [] : FenceCheck.Handle(hold.Session, hold.Sequence);
        Enter();
        try
        {
            // Once is enough, and a retry of the body's own may say it again and again.
            bool isKnown = _actions.Exists(action => action.Kind == ActionKind.Require
                && action.Revision == hold.Token
                && action.Key.Span.SequenceEqual(hold.Root.Span)
                && action.Value.Span.SequenceEqual(handle));
            if (!isKnown)
            {
                CheckRoom();
                _actions.Add(new(ActionKind.Require, hold.Root, hold.Token, 0, 0, 0, handle));
            }
        }
        finally
        {
            _isBusy = 0;
        }
    }

    public void Enqueue<T>(IConcordQueue<T> queue, T message, EnqueueOptions? options = null)
        where T : notnull
    {
        ArgumentNullException.ThrowIfNull(queue);
        ConcordQueue<T> own = queue is ConcordQueue<T> known && ReferenceEquals(known.Client, client)
            ? known
            : throw Foreign(queue.Name, nameof(queue));
        if (options is not null && options.Write != default)
        {
            throw new ArgumentException(
                "EnqueueOptions.Write is for single calls: in a transaction use Require, and the idempotency key of "
                + "the transaction.",
                nameof(options));
        }

        ReadOnlyMemory<byte> arguments = EnqueueMessages.Arguments(
            own.Root, [own.NewMessage(message, options, nameof(message))]);
        Enter();
        try
        {
            CheckRoom();
            CheckBytes(own.Name, _valueBytes + arguments.Length);
            _actions.Add(new(ActionKind.Enqueue, own.Root, 0, 0, 0, 0, arguments));
            _valueBytes += arguments.Length;
            _firstWritten ??= RecordKey.SlotOf(own.Root);
        }
        finally
        {
            _isBusy = 0;
        }
    }

    public void Complete<T>(IDelivery<T> delivery)
        where T : notnull
    {
        ArgumentNullException.ThrowIfNull(delivery);
        DeliveryHold own = delivery is Delivery<T> known && ReferenceEquals(known.Source.Client, client)
            ? known
            : throw Foreign(delivery.Name, nameof(delivery));
        byte[] key = new byte[HoldKey.BytesMax];
        EngineHold held = own.Held;
        int length = HoldKey.Write(
            key, RecordKind.Hold, own.Source.Root, held.Handle.Session, held.Handle.Sequence).Length;
        Enter();
        try
        {
            if (own.IsOver || _completed.Contains(own))
            {
                throw EngineErrors.HoldLost($"{own.Fence.HoldName} was given back or settled before.");
            }

            CheckRoom();
            _actions.Add(new(ActionKind.Complete, key.AsMemory(0, length), held.Token, 0, 0, 0, default));
            _completed.Add(own);
            _firstWritten ??= own.Source.Slot;
        }
        finally
        {
            _isBusy = 0;
        }
    }
}

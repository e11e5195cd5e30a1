using Concord.Client.Routing;
using Concord.Engines;
using Concord.Operations.Holds;
using Concord.Operations.Queues;
using Concord.Simulation.Consensus;

namespace Concord.Simulation.Nodes.Primitives;

/// <summary>
/// What a client does with queues: sends one message or several, some twice under the same id, waits for deliveries,
/// and completes, fails, extends, gives back or forgets them, alone or together with other things.
/// </summary>
internal sealed class QueueWorkload(NodeWorld world, SimUser user, Requests requests)
{
    private const long Millisecond = 1000;
    private const int ReceiversMax = 3;
    private const int SeveralMax = 6;
    private const int PaddingMax = 120;

    private static readonly TimeSpan s_visibility = TimeSpan.FromMilliseconds(400);

    private readonly List<(HeldRoot Queue, ulong Number, NewMessage Message)> _sent = [];

    /// <summary>The first queue is bounded and loses patience soon.</summary>
    public void Configure()
    {
        var settings = new StoredQueueSettings(300, 3, 40, 0, default);
        requests.Execute(
            "configure a queue",
            ConfigureQueue.Request(world.Holdings.Queues[0].Key, settings, replace: false),
            operation =>
            {
                if (operation.Fate != Fate.Happened && !world.IsHealing)
                {
                    user.Later(50 * Millisecond, Configure);
                }
            });
    }

    public void Act(SimRandom draw)
    {
        HeldRoot queue = world.Holdings.Queues[draw.Next(world.Holdings.Queues.Count)];
        switch (draw.Next(12))
        {
            case < 4:
                Send(queue, [.. Enumerable.Range(0, 1 + draw.Next(3)).Select(_ => NewMessage(draw))]);
                break;
            case < 5:
                SendAgain(draw);
                break;
            case < 6:
                SendTogether(queue, draw);
                break;
            case < 8:
                ReceiveSeveral(queue, draw);
                break;
            default:
                Receive(queue, draw);
                break;
        }
    }

    private (ulong Number, NewMessage Message) NewMessage(SimRandom draw)
    {
        ulong number = world.NextValue();
        string? id = draw.Chance(0.4) ? $"id-{number}" : null;
        string? group = draw.Chance(0.4) ? $"group-{draw.Next(3)}" : null;
        TimeSpan delay = draw.Chance(0.25)
            ? TimeSpan.FromMicroseconds(draw.Between(10 * Millisecond, 900 * Millisecond))
            : TimeSpan.Zero;
        return (number, new(Requests.ContentOf(number, draw.Next(PaddingMax)), id, group, delay));
    }

    private void Send(HeldRoot queue, (ulong Number, NewMessage Message)[] messages)
    {
        foreach ((ulong number, NewMessage message) in messages)
        {
            if (message.Id is not null)
            {
                _sent.Add((queue, number, message));
            }
        }

        user.Call(new()
        {
            What = $"send {string.Join(", ", messages.Select(static one => one.Number))} to {queue}",
            Invoked = world.Now,
            Sends = [.. messages.Select(one => (queue, one.Number))],
            Call = Requests.CallOf(EnqueueMessages.Request(
                queue.Key, [.. messages.Select(static one => one.Message)])),
        });
    }

    /// <summary>Its sender does not remember that it has sent it.</summary>
    private void SendAgain(SimRandom draw)
    {
        if (_sent.Count > 0)
        {
            (HeldRoot queue, ulong number, NewMessage message) = _sent[draw.Next(_sent.Count)];
            world.Faults.Count(FaultKind.SentAgain);
            Send(queue, [(number, message with { Id = message.Id })]);
        }
    }

    private void SendTogether(HeldRoot queue, SimRandom draw)
    {
        int counter = draw.Next(Holdings.AddOnly);
        (ulong number, NewMessage message) = NewMessage(draw);
        Commit(
            $"send {number} to {queue} and add 1 to {counter}",
            [Sending(queue, message), Addition(counter)],
            (queue, number),
            counter,
            completes: null);
    }

    private void Receive(HeldRoot queue, SimRandom draw)
    {
        if (user.Claims.Count(static claim => claim.Root.IsQueue) >= ReceiversMax)
        {
            return;
        }

        TimeSpan? timeout = draw.Next(4) switch
        {
            0 => TimeSpan.Zero,
            1 => TimeSpan.FromMicroseconds(draw.Between(10 * Millisecond, 800 * Millisecond)),
            _ => null,
        };
        long worksFor = draw.Exponential(30 * Millisecond);
        int ends = draw.Next(20);
        SimRandom later = draw.Fork("delivery");
        UserClaim claim = user.Claim(
            queue,
            new()
            {
                Root = queue.KeyMemory,
                Code = OperationCode.Receive,
                Arguments = ReceiveMessage.Arguments(
                    queue.Key, noWait: timeout == TimeSpan.Zero, $"user {user.Place}", s_visibility),
                Timeout = timeout,
            },
            delivery => user.Later(worksFor, () => End(delivery, ends, later)));
        if (draw.Chance(0.15))
        {
            user.Later(draw.Exponential(80 * Millisecond), () => user.GiveUp(claim));
        }
    }

    /// <summary>Where the cluster does not know it yet, nothing comes of it.</summary>
    private void ReceiveSeveral(HeldRoot queue, SimRandom draw)
    {
        if (user.Claims.Count(static claim => claim.Root.IsQueue) >= ReceiversMax)
        {
            return;
        }

        int count = 2 + draw.Next(SeveralMax - 1);
        SimRandom later = draw.Fork("deliveries");
        UserClaim claim = user.Claim(
            queue,
            new()
            {
                Root = queue.KeyMemory,
                Code = OperationCode.ReceiveSeveral,
                Arguments = Operations.Queues.ReceiveSeveral.Arguments(
                    queue.Key, count, $"user {user.Place}", s_visibility),
                Count = count,
            },
            delivery => user.Later(
                later.Exponential(30 * Millisecond), () => End(delivery, later.Next(20), later)));
        if (draw.Chance(0.4))
        {
            user.Later(draw.Exponential(80 * Millisecond), () => user.GiveUp(claim));
        }
    }

    private void End(UserClaim delivery, int how, SimRandom draw)
    {
        if (!delivery.IsHeld)
        {
            return;
        }

        (HeldRoot queue, long token, ulong sequence) =
            (delivery.Root, delivery.Claim.Token, delivery.Claim.Sequence);
        switch (how)
        {
            case < 8:
                Complete(delivery);
                break;
            case < 12:
                CompleteTogether(delivery, draw);
                break;
            case < 15:
                TimeSpan retry = TimeSpan.FromMicroseconds(draw.Exponential(100 * Millisecond));
                user.End(delivery, Ending(
                    delivery, "fail", FailDelivery.Request(queue.Key, sequence, token, retry, "on purpose")));
                break;
            case < 16:
                user.End(delivery, Ending(
                    delivery, "bury", FailDelivery.DeadLetter(queue.Key, sequence, token, "on purpose")));
                break;
            case < 18:
                world.Faults.Count(FaultKind.DeliveryExtended);
                requests.Execute(
                    $"extend {delivery.Claim.Handle}",
                    ExtendDelivery.Request(queue.Key, sequence, token, s_visibility),
                    _ => user.Later(draw.Exponential(200 * Millisecond), () => Complete(delivery)));
                break;
            case < 19:
                user.GiveUp(delivery);
                break;
            default:
                // Forgotten: it comes back when its time is over, and then this client is told.
                break;
        }
    }

    private void Complete(UserClaim delivery)
    {
        if (delivery.IsHeld)
        {
            user.End(delivery, Ending(
                delivery,
                "complete",
                CompleteDelivery.Request(delivery.Root.Key, delivery.Claim.Sequence, delivery.Claim.Token),
                NumberOf(delivery)));
        }
    }

    private UserOperation Ending(
        UserClaim delivery, string what, OperationRequest request, ulong? completes = null) => new()
        {
            What = $"{what} {NumberOf(delivery)} of {delivery.Root}",
            Invoked = world.Now,
            Completes = completes is { } number ? (delivery.Root, number) : null,
            Call = Requests.CallOf(request),
        };

    /// <summary>Done with, and what follows from it sent on, in one step.</summary>
    private void CompleteTogether(UserClaim delivery, SimRandom draw)
    {
        if (delivery.Claim.Session != user.Core.Session)
        {
            return;
        }

        HeldRoot queue = delivery.Root;
        HeldRoot next = world.Holdings.Queues[draw.Next(world.Holdings.Queues.Count)];
        int counter = draw.Next(Holdings.AddOnly);
        ulong done = NumberOf(delivery);
        (ulong number, NewMessage message) = NewMessage(draw);
        byte[] key = new byte[HoldKey.BytesMax];
        int length = HoldKey.Write(
            key, RecordKind.Hold, queue.Key, delivery.Claim.Handle.Session, delivery.Claim.Sequence).Length;
        TransactionAction complete =
            new(ActionKind.Complete, key.AsMemory(0, length), delivery.Claim.Token, 0, 0, 0, default);
        Commit(
            $"complete {done} of {queue}, send {number} to {next}, add 1 to {counter}",
            [complete, Sending(next, message), Addition(counter)],
            (next, number),
            counter,
            (queue, done),
            _ => user.GiveUp(delivery));
    }

    private void Commit(
        string what,
        TransactionAction[] actions,
        (HeldRoot Queue, ulong Number) send,
        int counter,
        (HeldRoot Queue, ulong Number)? completes,
        Action<UserOperation>? then = null) => requests.Commit(send.Queue.Slot, actions, null, call => new()
        {
            What = what,
            Invoked = world.Now,
            Sends = [send],
            Completes = completes,
            Additions = [(counter, 1)],
            Then = then,
            Call = call,
        });

    private static TransactionAction Sending(HeldRoot queue, NewMessage message) => new(
        ActionKind.Enqueue, queue.KeyMemory, 0, 0, 0, 0, EnqueueMessages.Arguments(queue.Key, [message]));

    private TransactionAction Addition(int counter) =>
        new(ActionKind.Add, world.Holdings.CounterKeys[counter], 0, 1, 0, long.MaxValue, default);

    public static ulong NumberOf(UserClaim delivery) =>
        Requests.NumberIn(DeliveryRecord.Read(delivery.Claim.Value.Span).Message.Content);
}

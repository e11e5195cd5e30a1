using Concord.Client.Routing;
using Concord.Engines;
using Concord.Operations;
using Concord.Operations.Holds;
using Concord.Simulation.Consensus;

namespace Concord.Simulation.Nodes.Primitives;

/// <summary>
/// What a client does with locks, elections, semaphores and groups: asks, waits or not, gives up at any moment, writes
/// under what it holds, and goes on writing under what it held once.
/// </summary>
internal sealed class HoldWorkload(NodeWorld world, SimUser user, Requests requests)
{
    private const long Millisecond = 1000;
    private const int ClaimsMax = 5;
    private const int FencesKept = 6;
    private const int SemaphoreLimit = 3;

    private readonly List<(HeldRoot Root, EngineFence Fence)> _fences = [];

    public void Act(SimRandom draw)
    {
        switch (draw.Next(20))
        {
            case < 10:
                Acquire(draw);
                break;
            case < 12:
                GiveUpOne(draw);
                break;
            case < 16:
                WriteUnderOld(draw, CommitFenced);
                break;
            case < 18:
                WriteUnderOld(draw, WriteFenced);
                break;
            case < 19:
                ForceRelease(draw);
                break;
            default:
                SetLimitOf(draw);
                break;
        }
    }

    private void Acquire(SimRandom draw)
    {
        if (user.Claims.Count(static claim => !claim.Root.IsQueue) >= ClaimsMax)
        {
            return;
        }

        HeldRoot root = world.Holdings.Roots[draw.Next(world.Holdings.Roots.Count)];
        bool isShared = root.Kind is RecordKind.Semaphore or RecordKind.Group
            || (root.Kind == RecordKind.Lock && draw.Chance(0.5));
        int count = root.Kind == RecordKind.Semaphore ? 1 + draw.Next(SemaphoreLimit) : 1;
        TimeSpan? timeout = draw.Next(5) switch
        {
            0 => TimeSpan.Zero,
            < 3 => TimeSpan.FromMicroseconds(draw.Between(10 * Millisecond, 600 * Millisecond)),
            _ => null,
        };
        long holdFor = draw.Chance(0.1) ? 2000 * Millisecond : 1 + draw.Exponential(60 * Millisecond);
        bool writes = draw.Chance(0.6);
        bool isTogether = draw.Chance(0.5);
        UserClaim claim = user.Claim(
            root,
            new()
            {
                Root = root.KeyMemory,
                Code = OperationCode.Acquire,
                Arguments = AcquireHold.Arguments(
                    root.Key,
                    isShared ? HoldMode.Shared : HoldMode.Exclusive,
                    count,
                    root.Kind == RecordKind.Semaphore ? SemaphoreLimit : 0,
                    waits: timeout != TimeSpan.Zero,
                    $"user {user.Place}"),
                Timeout = timeout,
            },
            held => Held(held, holdFor, writes, isTogether));
        if (draw.Chance(0.25))
        {
            user.Later(draw.Exponential(80 * Millisecond), () => user.GiveUp(claim));
        }
    }

    private void Held(UserClaim held, long holdFor, bool writes, bool isTogether)
    {
        RequestKey handle = held.Claim.Handle;
        (HeldRoot Root, EngineFence Fence) fence = (
            held.Root, new(held.Root.KeyMemory, held.Claim.Token, handle.Session, handle.Sequence));
        _fences.Add(fence);
        if (_fences.Count > FencesKept)
        {
            _fences.RemoveAt(0);
        }

        if (writes)
        {
            user.Later(holdFor / 2, () => (isTogether ? (Action<HeldRoot, EngineFence>)CommitFenced : WriteFenced)(
                fence.Root, fence.Fence));
        }

        user.Later(holdFor, () => user.GiveUp(held));
    }

    private void GiveUpOne(SimRandom draw)
    {
        UserClaim[] own = [.. user.Claims.Where(static claim => !claim.Root.IsQueue)];
        if (own.Length > 0)
        {
            user.GiveUp(own[draw.Next(own.Length)]);
        }
    }

    /// <summary>Under what it held once, and may hold no more: nobody asks it.</summary>
    private void WriteUnderOld(SimRandom draw, Action<HeldRoot, EngineFence> write)
    {
        if (_fences.Count > 0)
        {
            (HeldRoot root, EngineFence fence) = _fences[draw.Next(_fences.Count)];
            bool hasOne = root.Kind is RecordKind.Election;
            write(root, hasOne && draw.Chance(0.5) ? new(fence.Root, fence.Token) : fence);
        }
    }

    private void WriteFenced(HeldRoot root, EngineFence fence)
    {
        OperationRequest request = AddCounter.Request(root.Guarded, new(1, 0, long.MaxValue), null) with
        {
            Fence = fence,
        };
        user.Call(new()
        {
            What = $"add 1 beside {root} under {fence.Token}",
            Invoked = world.Now,
            Additions = [(world.Holdings.GuardedCounter(root), 1)],
            Call = Requests.CallOf(request),
            Then = CountRejected,
        });
    }

    private void CommitFenced(HeldRoot root, EngineFence fence)
    {
        int other = (int)(fence.Token % Holdings.AddOnly);
        byte[] handle = fence.Session.IsNone ? [] : FenceCheck.Handle(fence.Session, fence.Sequence);
        TransactionAction[] actions =
        [
            new(ActionKind.Require, root.KeyMemory, fence.Token, 0, 0, 0, handle),
            new(ActionKind.Add, root.Guarded, 0, 1, 0, long.MaxValue, default),
            new(ActionKind.Add, world.Holdings.CounterKeys[other], 0, 1, 0, long.MaxValue, default),
        ];
        Slot anchor = fence.Token % 2 == 0 ? root.Slot : RecordKey.SlotOf(world.Holdings.CounterKeys[other]);
        RequestKey id = requests.Commit(anchor, actions, null, call => new()
        {
            What = $"add 1 beside {root} and to {other} under {fence.Token}",
            Invoked = world.Now,
            Additions = [(world.Holdings.GuardedCounter(root), 1), (other, 1)],
            Call = call,
        });
        world.Primitives.Fences.Requires(
            id, root, fence.Token, fence.Session.IsNone ? null : new(root.Slot, fence.Session, fence.Sequence));
    }

    private void CountRejected(UserOperation write)
    {
        if (write.Call.Answer is { Status: AnswerStatus.Refused, Payload.Length: > 0 } answer
            && (RefusalCode)answer.Payload.Span[0] == RefusalCode.FenceRejected)
        {
            world.Faults.Count(FaultKind.FenceRejected);
        }
    }

    private void ForceRelease(SimRandom draw)
    {
        HeldRoot root = world.Holdings.Roots[draw.Next(world.Holdings.Roots.Count)];
        requests.Execute(
            $"take {root} away",
            new(root.Slot, OperationCode.ForceRelease, Operations.Holds.ForceRelease.Arguments(root.Key, 0), null));
    }

    private void SetLimitOf(SimRandom draw)
    {
        HeldRoot root = world.Holdings.Roots.First(static one => one.Kind == RecordKind.Semaphore);
        int limit = 1 + draw.Next(SemaphoreLimit + 1);
        requests.Execute(
            $"limit {root} to {limit}",
            new(root.Slot, OperationCode.SetLimit, SetLimit.Arguments(root.Key, limit), null),
            operation => world.Faults.Count(FaultKind.LimitChanged));
    }
}

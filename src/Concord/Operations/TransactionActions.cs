using Concord.Encoding;
using Concord.Engines;
using Concord.Operations.Holds;
using Concord.Operations.Queues;

namespace Concord.Operations;

/// <summary>What the actions of a part come to.</summary>
internal enum Verdict
{
    /// <summary>All can be done.</summary>
    Ok,

    /// <summary>It depends on how another transaction ends.</summary>
    Blocked,

    /// <summary>An addition would leave its bounds.</summary>
    BoundViolated,

    /// <summary>Something that was read has changed.</summary>
    Conflict,

    /// <summary>A hold that it requires is not held.</summary>
    FenceRejected,

    /// <summary>A delivery that it completes is not held any more.</summary>
    HoldLost,

    /// <summary>A queue has no room for its message.</summary>
    QueueFull,
}

/// <summary>The first action that cannot be done, and why.</summary>
internal readonly record struct Judgement(Verdict Verdict, int Ordinal, RequestKey Blocker)
{
    public static Judgement Ok => new(Verdict.Ok, int.MaxValue, default);
}

/// <summary>
/// Checks, holds, carries out and releases the actions of one part of a transaction. Actions are judged in the order of
/// their ordinals, and the first that fails counts, so that the reason does not depend on timing.
/// </summary>
internal static class TransactionActions
{
    /// <summary>Judges the actions with ordinals below <paramref name="limit"/> and does to the records what
    /// <paramref name="effect"/> says as it goes. The caller discards that when the judgement is not Ok.</summary>
    public static Judgement Judge(
        IKeyspace keys, RequestKey transaction, ReadOnlySpan<byte> actions, int limit, LogTime age, Effect effect)
    {
        // What was read is judged against the state before the transaction's own writes.
        Judgement reads = JudgeReads(keys, transaction, actions, Math.Min(limit, int.MaxValue), age, effect);
        var reader = new ActionReader(actions);
        while (reader.TryRead(out ActionView action))
        {
            if (action.Ordinal >= limit || action.Ordinal >= reads.Ordinal || IsRead(action.Kind))
            {
                continue;
            }

            Judgement judgement = JudgeWrite(keys, transaction, action, age, effect);
            if (judgement.Verdict != Verdict.Ok)
            {
                return judgement;
            }
        }

        return reads;
    }

    /// <summary>Does what was prepared.</summary>
    public static void CarryOut(IKeyspace keys, ReadOnlySpan<byte> actions)
    {
        var reader = new ActionReader(actions);
        while (reader.TryRead(out ActionView action))
        {
            CarryOut(keys, action);
        }
    }

    /// <summary>Takes the transaction's holds off everything that it names.</summary>
    public static void Release(IKeyspace keys, RequestKey transaction, ReadOnlySpan<byte> actions)
    {
        var reader = new ActionReader(actions);
        while (reader.TryRead(out ActionView action))
        {
            if (QueueActions.Concerns(action.Kind))
            {
                QueueActions.Release(keys, transaction, action);
            }
            else
            {
                IntentTable.Remove(keys, action.Key, transaction);
            }
        }
    }

    private static Judgement JudgeReads(
        IKeyspace keys, RequestKey transaction, ReadOnlySpan<byte> actions, int limit, LogTime age, Effect effect)
    {
        var reader = new ActionReader(actions);
        while (reader.TryRead(out ActionView action))
        {
            if (action.Ordinal >= limit || !IsRead(action.Kind))
            {
                continue;
            }

            CheckKey(action);
            if (IntentTable.TryGetBlocker(keys, action.Key, IntentAccess.Read, transaction, out RequestKey blocker))
            {
                return new(Verdict.Blocked, action.Ordinal, blocker);
            }

            Verdict verdict = JudgeRead(keys, action);
            if (verdict != Verdict.Ok)
            {
                return new(verdict, action.Ordinal, default);
            }

            // On the root of a hold that is required: it is not given back before the decision.
            if (effect == Effect.Hold)
            {
                IntentTable.Place(keys, action.Key, IntentHold.ToRead(transaction, age));
            }
        }

        return Judgement.Ok;
    }

    private static bool IsRead(ActionKind kind) => kind is ActionKind.Validate or ActionKind.Require;

    private static Verdict JudgeRead(IKeyspace keys, in ActionView action)
    {
        if (action.Kind == ActionKind.Require)
        {
            return FenceCheck.IsHeld(keys, action) ? Verdict.Ok : Verdict.FenceRejected;
        }

        long revision = keys.TryGet(action.Key, out RecordView record) ? record.ModRevision : 0;
        return revision == action.Revision ? Verdict.Ok : Verdict.Conflict;
    }

    private static Judgement JudgeWrite(
        IKeyspace keys, RequestKey transaction, in ActionView action, LogTime age, Effect effect)
    {
        CheckKey(action);
        if (QueueActions.Concerns(action.Kind))
        {
            Verdict verdict = QueueActions.Judge(keys, transaction, action, age, effect, out RequestKey inTheWay);
            return verdict == Verdict.Ok ? Judgement.Ok : new(verdict, action.Ordinal, inTheWay);
        }

        var addition = new BoundedAddition(action.Delta, action.Min, action.Max);
        RequestKey blocker;
        if (action.Kind == ActionKind.Add)
        {
            AddOutcome outcome = IntentTable.CheckAdd(keys, action.Key, transaction, addition, out blocker);
            if (outcome != AddOutcome.Ok)
            {
                return new(outcome == AddOutcome.Violated ? Verdict.BoundViolated
                    : Verdict.Blocked, action.Ordinal, blocker);
            }
        }
        else if (IntentTable.TryGetBlocker(keys, action.Key, IntentAccess.Write, transaction, out blocker))
        {
            return new(Verdict.Blocked, action.Ordinal, blocker);
        }

        if (effect == Effect.CarryOut)
        {
            CarryOut(keys, action);
        }
        else
        {
            IntentTable.Place(keys, action.Key, action.Kind == ActionKind.Add
                ? IntentHold.ToAdd(transaction, addition, age)
                : IntentHold.ToWrite(transaction, age));
        }

        return Judgement.Ok;
    }

    private static void CarryOut(IKeyspace keys, in ActionView action)
    {
        switch (action.Kind)
        {
            case ActionKind.Add:
                CounterRecord.Write(keys, action.Key, CounterRecord.Read(keys, action.Key) + action.Delta);
                break;
            case ActionKind.Set:
                keys.Put(action.Key, action.Value);
                break;
            case ActionKind.Delete:
                keys.Delete(action.Key);
                break;
            case ActionKind.Validate or ActionKind.Require:
                break;
            case ActionKind.Enqueue or ActionKind.Complete:
                QueueActions.CarryOut(keys, action);
                break;
        }
    }

    private static void CheckKey(in ActionView action)
    {
        bool fits = QueueActions.Concerns(action.Kind)
            ? QueueActions.IsKey(action.Kind, action.Key) && RecordKey.SlotOf(action.Key).Value < Slot.Count
            : action.Key.Length > 3
            && action.Key.Length <= IntentTable.TargetKeyBytesMax
            && RecordKey.SlotOf(action.Key).Value < Slot.Count
            && (action.Kind, RecordKey.KindOf(action.Key)) is
                (ActionKind.Validate, RecordKind.Value or RecordKind.Counter)
                or (ActionKind.Require, RecordKind.Lock or RecordKind.Election or RecordKind.Semaphore
                    or RecordKind.Group or RecordKind.Queue)
                or (ActionKind.Add, RecordKind.Counter)
                or (ActionKind.Set or ActionKind.Delete, RecordKind.Value);
        if (!fits)
        {
            throw new MalformedDataException($"Malformed data: action {action.Kind} on a key that it does not fit.");
        }

        if (action.Kind == ActionKind.Require && action.Value.Length is not (0 or HoldKey.HandleBytes))
        {
            throw new MalformedDataException($"Malformed data: a handle of {action.Value.Length} bytes.");
        }

        if (action.Kind == ActionKind.Set)
        {
            ValueRecord.Check(action.Value);
        }
    }
}

/// <summary>What judging does to the records on the way.</summary>
internal enum Effect
{
    /// <summary>Places holds: the decision is still to come.</summary>
    Hold,

    /// <summary>Does it: this entry decides.</summary>
    CarryOut,
}

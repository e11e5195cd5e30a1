using Concord.Encoding;
using Concord.Engines;
using Concord.Operations;
using Concord.Operations.Holds;
using Concord.Primitives;
using Microsoft.Extensions.Logging.Abstractions;

namespace Concord.Tests;

/// <summary>
/// An engine of one shard without a log: really runs the operations, keeps answers, commits and settles. What a network
/// does to it is under the test's control.
/// </summary>
internal sealed partial class ModelEngine : IEngine
{
    public static readonly SessionId Session = new(0xABCDEF);

    public ModelEngine()
        : this(new(), Session)
    {
    }

    private ModelEngine(ModelWorld world, SessionId session) => (World, _session) = (world, new(session));

    public ModelWorld World { get; }

    public ModelKeyspace Keys => World.Keys;

    public List<TransactionRequest> Commits { get; } = [];

    public int Operations { get; private set; }

    /// <summary>Runs before each commit: others change something, time passes, the node is gone.</summary>
    public Func<TransactionRequest, CancellationToken, Task>? BeforeCommit { get; set; }

    /// <summary>Runs before each operation and read.</summary>
    public Func<CancellationToken, Task>? BeforeCall { get; set; }

    /// <summary>Requests run, their answers get lost.</summary>
    public bool LosesAnswers { get; set; }

    public bool IsDisposed { get; private set; }

    /// <summary>Another process on the same engine.</summary>
    public ModelEngine Another(ulong session) => new(World, new(session));

    public ConcordClient NewClient(TimeProvider? time = null, Action<ConcordOptions>? configure = null)
    {
        var options = new ConcordOptions();
        configure?.Invoke(options);
        World.Time = time ?? TimeProvider.System;
        return new(this, options, time ?? TimeProvider.System, NullLogger.Instance);
    }

    public async ValueTask<EngineAnswer> ExecuteAsync(OperationRequest request, CancellationToken cancellationToken)
    {
        await (BeforeCall?.Invoke(cancellationToken) ?? Task.CompletedTask);
        cancellationToken.ThrowIfCancellationRequested();
        lock (World.Gate)
        {
            Operations++;
            RequestKey id = NextId(request.Slot, _session);
            if (request.IdempotencyKey is { } key
                && World.ByKey.TryGetValue((request.Slot, key), out EngineAnswer first))
            {
                return first;
            }

            EngineAnswer answer = Change(request.Code, request.Arguments, id, request.Fence);
            World.Answers[id] = answer;
            if (request.IdempotencyKey is { } kept && answer.Status == AnswerStatus.Done)
            {
                World.ByKey[(request.Slot, kept)] = answer;
            }

            return LosesAnswers ? throw EngineErrors.OutcomeUnknown("The answer got lost.", id) : answer;
        }
    }

    public async ValueTask<EngineRecord> ReadAsync(ReadOnlyMemory<byte> key, CancellationToken cancellationToken)
    {
        await (BeforeCall?.Invoke(cancellationToken) ?? Task.CompletedTask);
        cancellationToken.ThrowIfCancellationRequested();
        lock (World.Gate)
        {
            return Keys.Read(key.Span);
        }
    }

    public void GiveUp(SessionId session, ulong sequence)
    {
        // The model keeps every answer.
    }

    public ValueTask<(SessionId Session, ulong Sequence)> BeginAsync(CancellationToken cancellationToken) =>
        new((_session.Key, ++World.Sequence));

    public async ValueTask<EngineAnswer> CommitAsync(TransactionRequest request, CancellationToken cancellationToken)
    {
        Commits.Add(request with { Actions = [.. request.Actions] });
        await (BeforeCommit?.Invoke(request, cancellationToken) ?? Task.CompletedTask);
        lock (World.Gate)
        {
            if (!World.Answers.TryGetValue(request.Id, out EngineAnswer answer))
            {
                answer = Keys.Run(
                    (ref ByteReader _, in OperationContext _, IKeyspace keys, OperationAnswer said) =>
                        Decide(request, keys, said),
                    default,
                    request.Id);
                World.Answers[request.Id] = answer;
                if (answer.Status == AnswerStatus.Done && request.IdempotencyKey is { } name)
                {
                    World.Committed.TryAdd(name, request.Id);
                }

                World.NotifyChanged();
            }

            return LosesAnswers ? throw EngineErrors.OutcomeUnknown("The answer got lost.", request.Id) : answer;
        }
    }

    public ValueTask<EngineAnswer> SettleAsync(RequestKey request, CancellationToken cancellationToken)
    {
        if (!World.Answers.TryGetValue(request, out EngineAnswer answer))
        {
            answer = new(AnswerStatus.Cancelled, 0, default);
            World.Answers[request] = answer;
        }

        return new(answer);
    }

    /// <summary>The session has ended: every answer is forgotten.</summary>
    public void Forget(RequestKey request) =>
        World.Answers[request] = new(AnswerStatus.Refused, 0, new[] { (byte)RefusalCode.Forgotten });

    public ValueTask DisposeAsync()
    {
        IsDisposed = true;
        return default;
    }

    private void Decide(TransactionRequest request, IKeyspace keys, OperationAnswer answer)
    {
        if (request.IdempotencyKey is { } name && World.Committed.TryGetValue(name, out RequestKey earlier))
        {
            TransactionAnswer.AlreadyCommitted(answer, earlier);
            return;
        }

        for (int i = 0; i < request.Actions.Count; i++)
        {
            TransactionAction action = request.Actions[i];
            if (Refuses(action, request.Id, keys) is { } reason)
            {
                TransactionAnswer.Abort(answer, reason, i, action.Key.Span);
                return;
            }
        }

        TransactionAnswer.Commit(answer);
    }

    private static RefusalCode? Refuses(TransactionAction action, RequestKey id, IKeyspace keys)
    {
        ReadOnlySpan<byte> key = action.Key.Span;
        switch (action.Kind)
        {
            case ActionKind.Validate:
                long revision = keys.TryGet(key, out RecordView view) ? view.ModRevision : 0;
                return revision == action.Revision ? null : RefusalCode.Conflict;
            case ActionKind.Add:
                var addition = new BoundedAddition(action.Delta, action.Min, action.Max);
                AdditionOutcome outcome = addition.ApplyTo(CounterRecord.Read(keys, key), out long value);
                CounterRecord.Write(keys, key, value);
                return outcome switch
                {
                    AdditionOutcome.BoundViolated => RefusalCode.BoundViolated,
                    AdditionOutcome.Overflow => RefusalCode.Overflow,
                    _ => null,
                };
            case ActionKind.Set:
                keys.Put(key, action.Value.Span);
                return null;
            case ActionKind.Delete:
                keys.Delete(key);
                return null;
            default:
                return RefusesAsReplicaDoes(action, id, keys);
        }
    }

    /// <summary>Holds and queues are judged and carried out by the product's own rules.</summary>
    private static RefusalCode? RefusesAsReplicaDoes(TransactionAction action, RequestKey id, IKeyspace keys)
    {
        var encoded = new ByteWriter();
        ActionCodec.Write(encoded, [action], [0]);
        Verdict verdict = TransactionActions.Judge(
            keys, id, encoded.Written, int.MaxValue, default, Effect.CarryOut).Verdict;
        return verdict == Verdict.Ok ? null : RefusalReason.Of(verdict);
    }

    private RequestKey NextId(Slot slot, ModelSession session)
    {
        lock (World.Gate)
        {
            return new(slot, session.Key, ++World.Sequence);
        }
    }

    /// <summary>Runs an operation as a replica does, its fence first, and tells everybody.</summary>
    private EngineAnswer Change(
        OperationCode code, ReadOnlyMemory<byte> arguments, RequestKey id, EngineFence? fence = null)
    {
        OperationBody body = OperationTable.Find(code)!.Body;
        OperationBody fenced = fence is not { } hold ? body
            : (ref ByteReader reader, in OperationContext context, IKeyspace keys, OperationAnswer answer) =>
            {
                if (FenceCheck.IsHeld(keys, hold.Root.Span, hold.Token, hold.Session, hold.Sequence, out long current))
                {
                    body(ref reader, context, keys, answer);
                }
                else
                {
                    FenceCheck.Refuse(answer, current);
                }
            };
        lock (World.Gate)
        {
            EngineAnswer answer = Keys.Run(fenced, arguments, id);
            World.NotifyChanged();
            return answer;
        }
    }
}

using Concord.Encoding;
using Concord.Engines;
using Concord.Operations;
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

    private readonly Dictionary<RequestKey, EngineAnswer> _answers = [];
    private readonly Dictionary<(Slot, string), EngineAnswer> _byKey = [];
    private readonly Dictionary<IdempotencyName, RequestKey> _committed = [];
    private ulong _sequence;

    public ModelKeyspace Keys { get; } = new();

    public List<TransactionRequest> Commits { get; } = [];

    public int Operations { get; private set; }

    /// <summary>Runs before each commit: others change something, time passes, the node is gone.</summary>
    public Func<TransactionRequest, CancellationToken, Task>? BeforeCommit { get; set; }

    /// <summary>Runs before each operation and read.</summary>
    public Func<CancellationToken, Task>? BeforeCall { get; set; }

    /// <summary>Requests run, their answers get lost.</summary>
    public bool LosesAnswers { get; set; }

    public bool IsDisposed { get; private set; }

    public ConcordClient NewClient(TimeProvider? time = null, Action<ConcordOptions>? configure = null)
    {
        var options = new ConcordOptions();
        configure?.Invoke(options);
        return new(this, options, time ?? TimeProvider.System, NullLogger.Instance);
    }

    public async ValueTask<EngineAnswer> ExecuteAsync(OperationRequest request, CancellationToken cancellationToken)
    {
        await (BeforeCall?.Invoke(cancellationToken) ?? Task.CompletedTask);
        cancellationToken.ThrowIfCancellationRequested();
        Operations++;
        var id = new RequestKey(request.Slot, Session, ++_sequence);
        if (request.IdempotencyKey is { } key && _byKey.TryGetValue((request.Slot, key), out EngineAnswer first))
        {
            return first;
        }

        EngineAnswer answer = Keys.Run(OperationTable.Find(request.Code)!.Body, request.Arguments, id);
        _answers[id] = answer;
        NotifyChanged();
        if (request.IdempotencyKey is { } kept)
        {
            _byKey[(request.Slot, kept)] = answer;
        }

        return LosesAnswers ? throw EngineErrors.OutcomeUnknown("The answer got lost.", id) : answer;
    }

    public async ValueTask<EngineRecord> ReadAsync(ReadOnlyMemory<byte> key, CancellationToken cancellationToken)
    {
        await (BeforeCall?.Invoke(cancellationToken) ?? Task.CompletedTask);
        cancellationToken.ThrowIfCancellationRequested();
        return Keys.Read(key.Span);
    }

    public void GiveUp(SessionId session, ulong sequence)
    {
        // The model keeps every answer.
    }

    public ValueTask<(SessionId Session, ulong Sequence)> BeginAsync(CancellationToken cancellationToken) =>
        new((Session, ++_sequence));

    public async ValueTask<EngineAnswer> CommitAsync(TransactionRequest request, CancellationToken cancellationToken)
    {
        Commits.Add(request with { Actions = [.. request.Actions] });
        await (BeforeCommit?.Invoke(request, cancellationToken) ?? Task.CompletedTask);
        if (!_answers.TryGetValue(request.Id, out EngineAnswer answer))
        {
            answer = Keys.Run(
                (ref ByteReader _, in OperationContext _, IKeyspace keys, OperationAnswer said) =>
                    Decide(request, keys, said),
                default,
                request.Id);
            _answers[request.Id] = answer;
            if (answer.Status == AnswerStatus.Done && request.IdempotencyKey is { } name)
            {
                _committed.TryAdd(name, request.Id);
            }
        }

        return LosesAnswers ? throw EngineErrors.OutcomeUnknown("The answer got lost.", request.Id) : answer;
    }

    public ValueTask<EngineAnswer> SettleAsync(RequestKey request, CancellationToken cancellationToken)
    {
        if (!_answers.TryGetValue(request, out EngineAnswer answer))
        {
            answer = new(AnswerStatus.Cancelled, 0, default);
            _answers[request] = answer;
        }

        return new(answer);
    }

    /// <summary>The session has ended: every answer is forgotten.</summary>
    public void Forget(RequestKey request) =>
        _answers[request] = new(AnswerStatus.Refused, 0, new[] { (byte)RefusalCode.Forgotten });

    public ValueTask DisposeAsync()
    {
        IsDisposed = true;
        return default;
    }

    private void Decide(TransactionRequest request, IKeyspace keys, OperationAnswer answer)
    {
        if (request.IdempotencyKey is { } name && _committed.TryGetValue(name, out RequestKey earlier))
        {
            TransactionAnswer.AlreadyCommitted(answer, earlier);
            return;
        }

        for (int i = 0; i < request.Actions.Count; i++)
        {
            TransactionAction action = request.Actions[i];
            if (Refuses(action, keys) is { } reason)
            {
                TransactionAnswer.Abort(answer, reason, i, action.Key.Span);
                return;
            }
        }

        TransactionAnswer.Commit(answer);
    }

    private static RefusalCode? Refuses(TransactionAction action, IKeyspace keys)
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
            default:
                keys.Delete(key);
                return null;
        }
    }
}

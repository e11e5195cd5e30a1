using System.Runtime.CompilerServices;
using Concord.Encoding;
using Concord.Engines;
using Concord.Operations;
using Concord.Operations.Holds;

namespace Concord.Tests;

/// <content>Holds: granted by the operations, noticed by whoever waits, after each run.</content>
internal sealed partial class ModelEngine
{
    private readonly ModelSession _session = new();
    private TaskCompletionSource _changed = new(TaskCreationOptions.RunContinuationsAsynchronously);

    public ConcordCapabilities Capabilities { get; } = new("model", (Guarantees)(-1));

    IConcordSession IEngine.Session => _session;

    /// <summary>The session ends: by its own clock, and what it holds is let go.</summary>
    public void LoseSession() => _session.Lose();

    public async ValueTask<EngineAnswer> QueryAsync(OperationRequest request, CancellationToken cancellationToken)
    {
        await (BeforeCall?.Invoke(cancellationToken) ?? Task.CompletedTask);
        long revision = Keys.Revision;
        EngineAnswer answer = Keys.Run(
            OperationTable.Find(request.Code)!.Body, request.Arguments, new(request.Slot, default, 0));
        Assert.Equal(revision, Keys.Revision);
        return answer;
    }

    public async ValueTask<EngineHold?> AcquireAsync(HoldRequest request, CancellationToken cancellationToken)
    {
        var id = new RequestKey(RecordKey.SlotOf(request.Root.Span), Session, ++_sequence);
        EngineAnswer answer = Keys.Run(OperationTable.Find(request.Code)!.Body, request.Arguments, id);
        NotifyChanged();
        if (!Reply.IsDone(answer, request.Code, out ByteReader body, out RefusalCode refusal))
        {
            return refusal == RefusalCode.Busy ? null : throw Reply.Unexpected(request.Code, refusal);
        }

        if (ClaimAnswer.IsGranted(ref body, out ReadOnlySpan<byte> hold))
        {
            return new ModelHold(_session, id, answer.Revision, hold.ToArray());
        }

        using var timeout = CancellationTokenSource.CreateLinkedTokenSource(cancellationToken, _session.Lost);
        if (request.Timeout is { } limit)
        {
            timeout.CancelAfter(limit);
        }

        while (true)
        {
            Task changed = _changed.Task;
            if (Find(request.Root.Span, id) is { } granted)
            {
                return granted;
            }

            try
            {
                await changed.WaitAsync(timeout.Token);
            }
            catch (OperationCanceledException)
            {
                if (Find(request.Root.Span, id) is { } crossed && !cancellationToken.IsCancellationRequested)
                {
                    return crossed;
                }

                Keys.Run(
                    OperationTable.Find(OperationCode.Release)!.Body,
                    ReleaseHold.Arguments(request.Root.Span, id.Sequence),
                    new(id.Slot, Session, ++_sequence));
                NotifyChanged();
                cancellationToken.ThrowIfCancellationRequested();
                return _session.Lost.IsCancellationRequested
                    ? throw new SessionExpiredException("The session was lost while it stood in line.")
                    : null;
            }
        }
    }

    public async ValueTask<EngineAnswer> EndAsync(
        EngineHold hold, OperationRequest request, CancellationToken cancellationToken) =>
        await ExecuteAsync(request, cancellationToken);

    public async IAsyncEnumerable<EngineRecords> WatchAsync(
        ReadOnlyMemory<byte> prefix, [EnumeratorCancellation] CancellationToken cancellationToken)
    {
        while (true)
        {
            Task changed = _changed.Task;
            yield return Records(prefix);
            await changed.WaitAsync(cancellationToken);
        }
    }

    private EngineRecords Records(ReadOnlyMemory<byte> prefix)
    {
        var records = new List<WatchedRecord>();
        if (Keys.TryGet(prefix.Span, out RecordView exact))
        {
            records.Add(new(prefix, exact.Value.ToArray(), exact.CreateRevision, exact.ModRevision));
        }

        byte[] after = prefix.ToArray();
        while (Keys.TryNext(prefix.Span, after, out RecordView record))
        {
            after = record.Key.ToArray();
            records.Add(new(after, record.Value.ToArray(), record.CreateRevision, record.ModRevision));
        }

        return new(Keys.Revision, records);
    }

    private ModelHold? Find(ReadOnlySpan<byte> root, RequestKey id)
    {
        Span<byte> key = stackalloc byte[HoldKey.BytesMax];
        return Keys.TryGet(
            HoldKey.Write(key, RecordKind.Hold, root, id.Session, id.Sequence), out RecordView view)
            ? new(_session, id, view.CreateRevision, view.Value.ToArray())
            : null;
    }

    private void NotifyChanged() => Interlocked.Exchange(
        ref _changed, new(TaskCreationOptions.RunContinuationsAsynchronously)).TrySetResult();

    private sealed class ModelHold(ModelSession session, RequestKey handle, long token, byte[] value) : EngineHold
    {
        public override RequestKey Handle { get; } = handle;

        public override long Token { get; } = token;

        public override ReadOnlyMemory<byte> Value { get; } = value;

        public override IConcordSession Session { get; } = session;

        public override CancellationToken Lost => session.Lost;

        public override bool IsLost => session.Lost.IsCancellationRequested;
    }

    private sealed class ModelSession : IConcordSession
    {
        private readonly CancellationTokenSource _lost = new();

        public string Id => ModelEngine.Session.ToString();

        public SessionState State => _lost.IsCancellationRequested ? SessionState.Lost : SessionState.Healthy;

        public CancellationToken Lost => _lost.Token;

        public void Lose() => _lost.Cancel();
    }
}

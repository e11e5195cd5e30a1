using System.Runtime.CompilerServices;
using Concord.Encoding;
using Concord.Engines;
using Concord.Operations;
using Concord.Operations.Holds;

namespace Concord.Tests;

/// <content>Holds: granted by the operations, noticed by whoever waits or holds, after each run.</content>
internal sealed partial class ModelEngine
{
    private ModelSession _session;

    public ConcordCapabilities Capabilities { get; init; } = new("model", (Guarantees)(-1));

    IConcordSession IEngine.Session => _session;

    /// <summary>Calls are answered, and the session was not renewed for long.</summary>
    public bool IsInJeopardy
    {
        set => _session.IsInJeopardy = value;
    }

    /// <summary>The process stands still: it hears nothing of what becomes of its holds.</summary>
    public bool IsPaused { get; set; }

    /// <summary>Whether the process still waits, with how many requests.</summary>
    public int Waiting { get; private set; }

    /// <summary>The session ends on both sides: the process knows first, then what it holds is given to
    /// others.</summary>
    public void LoseSession()
    {
        ModelSession lost = _session;
        _session = new(new(lost.Key.Value + (1UL << 40)));
        lost.Lose();
        EndSession(lost.Key);
    }

    /// <summary>The session ends at the engine, and nobody tells the process.</summary>
    public void ExpireSession() => EndSession(_session.Key);

    public async ValueTask<EngineAnswer> QueryAsync(OperationRequest request, CancellationToken cancellationToken)
    {
        await (BeforeCall?.Invoke(cancellationToken) ?? Task.CompletedTask);
        lock (World.Gate)
        {
            long revision = Keys.Revision;
            EngineAnswer answer = Keys.Run(
                OperationTable.Find(request.Code)!.Body, request.Arguments, new(request.Slot, default, 0));
            Assert.Equal(revision, Keys.Revision);
            return answer;
        }
    }

    public async ValueTask<EngineHold?> AcquireAsync(HoldRequest request, CancellationToken cancellationToken)
    {
        await (BeforeCall?.Invoke(cancellationToken) ?? Task.CompletedTask);
        ModelSession session = _session;
        RequestKey id = NextId(RecordKey.SlotOf(request.Root.Span), session);
        if (Ask(request, session, id, out EngineAnswer answer) is { } granted)
        {
            return granted;
        }

        if (answer.Status == AnswerStatus.Refused)
        {
            return (RefusalCode)answer.Payload.Span[0] == RefusalCode.Busy
                ? null
                : throw new HoldRefusedException(answer);
        }

        using var timeout = new CancellationTokenSource(request.Timeout ?? Timeout.InfiniteTimeSpan, World.Time);
        using var all = CancellationTokenSource.CreateLinkedTokenSource(
            cancellationToken, session.Lost, timeout.Token);
        Waiting++;
        try
        {
            return await WaitAsync(request.Root, session, id, all.Token);
        }
        catch (OperationCanceledException)
        {
            Change(
                OperationCode.Release,
                ReleaseHold.Arguments(request.Root.Span, id.Sequence),
                NextId(id.Slot, session));
            cancellationToken.ThrowIfCancellationRequested();
            return session.Lost.IsCancellationRequested
                ? throw new SessionExpiredException("The session was lost while it stood in line.")
                : null;
        }
        finally
        {
            Waiting--;
        }
    }

    /// <summary>For how many each request for several asked.</summary>
    public List<int> AskedFor { get; } = [];

    /// <summary>How many of the next several are lost before anybody hears of them.</summary>
    public int LosesBeforeTold { get; set; }

    public async ValueTask AcquireSeveralAsync(
        SeveralRequest request, Action<EngineHold> granted, CancellationToken cancellationToken)
    {
        int lost;
        lock (World.Gate)
        {
            AskedFor.Add(request.Count);
            lost = Math.Min(LosesBeforeTold, request.Count);
            LosesBeforeTold -= lost;
        }

        request = request with { Count = request.Count - lost };
        await OneByOne.AcquireAsync(this, request, granted, cancellationToken);
    }

    public async ValueTask<EngineAnswer> EndAsync(
        EngineHold hold, OperationRequest request, CancellationToken cancellationToken)
    {
        await (BeforeCall?.Invoke(cancellationToken) ?? Task.CompletedTask);
        cancellationToken.ThrowIfCancellationRequested();
        var held = (ModelHold)hold;
        held.End();
        RequestKey id = NextId(request.Slot, held.Of);
        EngineAnswer answer = Change(request.Code, request.Arguments, id);
        return LosesAnswers ? throw EngineErrors.OutcomeUnknown("The answer got lost.", id) : answer;
    }

    public async IAsyncEnumerable<EngineRecords> WatchAsync(
        ReadOnlyMemory<byte> prefix, [EnumeratorCancellation] CancellationToken cancellationToken)
    {
        while (true)
        {
            Task changed = World.Changed;
            yield return Records(prefix);
            await changed.WaitAsync(cancellationToken);
        }
    }

    private ModelHold? Ask(HoldRequest request, ModelSession session, RequestKey id, out EngineAnswer answer)
    {
        lock (World.Gate)
        {
            if (!SessionRecord.MayRun(Keys, session.Key))
            {
                Keys.Run(
                    OpenSession.Run, OpenSession.Arguments(session.Key, long.MaxValue, TimeSpan.FromSeconds(10)));
            }

            answer = Change(request.Code, request.Arguments, id);
            bool isGranted = answer.Status == AnswerStatus.Done
                && Reply.IsDone(answer, request.Code, out ByteReader body, out _)
                && ClaimAnswer.IsGranted(ref body, out _);
            return isGranted ? Find(request.Root.Span, session, id) : null;
        }
    }

    private async Task<ModelHold> WaitAsync(
        ReadOnlyMemory<byte> root, ModelSession session, RequestKey id, CancellationToken cancellationToken)
    {
        while (true)
        {
            Task changed = World.Changed;
            cancellationToken.ThrowIfCancellationRequested();
            if (Find(root.Span, session, id) is { } granted)
            {
                return granted;
            }

            await changed.WaitAsync(cancellationToken);
        }
    }

    private EngineRecords Records(ReadOnlyMemory<byte> prefix)
    {
        lock (World.Gate)
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
    }

    private ModelHold? Find(ReadOnlySpan<byte> root, ModelSession session, RequestKey id)
    {
        lock (World.Gate)
        {
            byte[] key = new byte[HoldKey.BytesMax];
            int length = HoldKey.Write(key, RecordKind.Hold, root, id.Session, id.Sequence).Length;
            if (!Keys.TryGet(key.AsSpan(0, length), out RecordView view))
            {
                return null;
            }

            var hold = new ModelHold(this, session, id, key[..length], view.CreateRevision, view.Value.ToArray());
            World.Holds.Add(hold);
            return hold;
        }
    }

    private void EndSession(SessionId session)
    {
        while (CloseSession.HasMore(Change(
            OperationCode.CloseSession, CloseSession.Arguments(session), new(Slot.OfShard, default, 0))))
        {
            // A bounded number of records each.
        }
    }

    /// <summary>What a process holds.</summary>
    public sealed class ModelHold : EngineHold
    {
        private readonly ModelEngine _engine;
        private readonly TimeProvider _time;
        private readonly ITimer _timer;
        private readonly byte[] _key;
        private TimeSpan _limit = Timeout.InfiniteTimeSpan;
        private long _limited;
        private bool _isOver;

        public ModelHold(
            ModelEngine engine, ModelSession session, RequestKey handle, byte[] key, long token, byte[] value)
        {
            (_engine, Of, Handle, _key, Token, Value) = (engine, session, handle, key, token, value);
            _time = engine.World.Time;
            _timer = _time.CreateTimer(_ => Take(), null, Timeout.InfiniteTimeSpan, Timeout.InfiniteTimeSpan);
            session.Lost.UnsafeRegister(static hold => ((ModelHold)hold!).Take(), this);
        }

        public ModelSession Of { get; }

        public override RequestKey Handle { get; }

        public override long Token { get; }

        public override ReadOnlyMemory<byte> Value { get; }

        public override IConcordSession Session => Of;

        public override TimeSpan Left => _limit == Timeout.InfiniteTimeSpan
            ? TimeSpan.MaxValue
            : _limit - _time.GetElapsedTime(_limited);

        protected override bool IsTimeOver => Of.Lost.IsCancellationRequested || Left <= TimeSpan.Zero;

        public override void Limit(TimeSpan time)
        {
            (_limit, _limited) = (time, _time.GetTimestamp());
            Return();
        }

        /// <summary>Whether it needs to be looked after.</summary>
        public bool Notice(ModelKeyspace keys)
        {
            if (_isOver || _engine.IsPaused)
            {
                return !_isOver;
            }

            bool isHeld = keys.TryGet(_key, out RecordView view) && view.CreateRevision == Token;
            if (!isHeld)
            {
                Take();
            }

            return isHeld;
        }

        protected override void Leave()
        {
            _isOver = true;
            _timer.Change(Timeout.InfiniteTimeSpan, Timeout.InfiniteTimeSpan);
        }

        protected override void Return()
        {
            if (_limit != Timeout.InfiniteTimeSpan)
            {
                _timer.Change(Left > TimeSpan.Zero ? Left : TimeSpan.Zero, Timeout.InfiniteTimeSpan);
            }
        }
    }

    public sealed class ModelSession(SessionId key) : IConcordSession
    {
        private readonly CancellationTokenSource _lost = new();

        public SessionId Key => key;

        public string Id => key.ToString();

        /// <summary>Two thirds of its time are over.</summary>
        public bool IsInJeopardy { get; set; }

        public SessionState State => _lost.IsCancellationRequested ? SessionState.Lost
            : IsInJeopardy ? SessionState.Jeopardy
            : SessionState.Healthy;

        public CancellationToken Lost => _lost.Token;

        public void Lose() => _lost.Cancel();
    }
}

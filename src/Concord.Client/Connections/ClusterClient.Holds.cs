using System.Runtime.CompilerServices;
using Concord.Client.Routing;
using Concord.Engines;
using Concord.Operations;
using Concord.Operations.Holds;

namespace Concord.Client.Connections;

/// <content>The session, what it holds, and what is watched.</content>
internal sealed partial class ClusterClient : ILeaseOwner
{
    private static readonly TimeSpan s_closingTime = TimeSpan.FromSeconds(1);

    private readonly SessionAlarm _alarm;
    private readonly HashSet<WatchReader> _readers = [];
    private SessionLease _lease;

    public ConcordCapabilities Capabilities { get; init; } = new("Concord", (Guarantees)0xFF);

    public IConcordSession Session => Volatile.Read(ref _lease);

    public async ValueTask<EngineHold?> AcquireAsync(HoldRequest request, CancellationToken cancellationToken)
    {
        cancellationToken.ThrowIfCancellationRequested();
        var pending = new PendingClaim();
        ClientClaim claim = NewClaim(request, 1, pending);
        await ClaimAsync(claim, pending, cancellationToken).ConfigureAwait(false);
        return pending.Hold ?? (IsMissed(claim) ? null : throw Failure(claim));
    }

    public async ValueTask AcquireSeveralAsync(
        SeveralRequest request, Action<EngineHold> granted, CancellationToken cancellationToken)
    {
        cancellationToken.ThrowIfCancellationRequested();
        var pending = new PendingSeveral(granted);
        ClientClaim claim = NewClaim(request.Several, request.Count, pending);
        await ClaimAsync(claim, pending, cancellationToken).ConfigureAwait(false);
        if (claim.State == ClaimState.Failed && claim.Call!.Outcome == CallOutcome.TooNew)
        {
            await OneByOne.AcquireAsync(this, request, granted, cancellationToken).ConfigureAwait(false);
        }
        else if (claim.State != ClaimState.Filled)
        {
            throw Failure(claim);
        }
    }

    public async ValueTask<EngineAnswer> EndAsync(
        EngineHold hold, OperationRequest request, CancellationToken cancellationToken)
    {
        cancellationToken.ThrowIfCancellationRequested();
        var held = (HeldClaim)hold;
        held.End();
        var pending = new PendingCall();
        pending.Call = NewExecute(request, pending);
        void Begin(TimeSpan now) => _core.End(held.Claim, pending.Call, now);
        ClientCall ended = request.Code == OperationCode.Release
            ? await GiveBackAsync(pending, Begin, cancellationToken).ConfigureAwait(false)
            : await RunAsync(pending, Begin, cancellationToken).ConfigureAwait(false);
        return AnswerOf(ended, OperationWords.Of(request.Code));
    }

    public async IAsyncEnumerable<EngineRecords> WatchAsync(
        ReadOnlyMemory<byte> prefix, [EnumeratorCancellation] CancellationToken cancellationToken)
    {
        var reader = new WatchReader();
        ClientSubscription? watch = null;
        DoOrThrow(now =>
        {
            _readers.Add(reader);
            watch = _core.Watch(prefix, reader, now);
        });
        try
        {
            while (await reader.Reader.WaitToReadAsync(cancellationToken).ConfigureAwait(false))
            {
                while (reader.Reader.TryRead(out EngineRecords? records))
                {
                    yield return records;
                }
            }

            throw EngineErrors.Disposed();
        }
        finally
        {
            Do(_ =>
            {
                _readers.Remove(reader);
                _core.Unwatch(watch!);
            });
        }
    }

    /// <summary>Ends a call as if its time were over.</summary>
    public void Abandon(ulong request) => Do(_ => _core.Abandon(request));

    TimeSpan ILeaseOwner.LookAtLease()
    {
        SessionLease lease = Volatile.Read(ref _lease);
        if (!lease.IsLost)
        {
            return lease.Look();
        }

        // The core may not have looked yet: it gives everybody another session.
        Do(now => _core.LookAtSession(now));
        return TimeSpan.Zero;
    }

    private static ClientClaim NewClaim(in HoldRequest request, int count, IClaimOwner owner) => new()
    {
        Root = request.Root,
        Code = request.Code,
        Arguments = request.Arguments,
        Timeout = request.Timeout,
        Count = count,
        Owner = owner,
    };

    /// <summary>Asks, and waits until the claim is over or held; who leaves before gives it up.</summary>
    private async Task ClaimAsync(
        ClientClaim claim, TaskCompletionSource pending, CancellationToken cancellationToken)
    {
        DoOrThrow(now => _core.Claim(claim, now));
        using (cancellationToken.UnsafeRegister(
            static (state, token) => ((TaskCompletionSource)state!).TrySetCanceled(token), pending))
        {
            try
            {
                await pending.Task.ConfigureAwait(false);
            }
            catch (OperationCanceledException)
            {
                Do(now => _core.GiveUp(claim, now));
                throw;
            }
        }
    }

    /// <summary>Not granted in time.</summary>
    private static bool IsMissed(ClientClaim claim) => claim.State == ClaimState.TimedOut
        || (claim.State == ClaimState.Refused
            && claim.Answer is { Status: AnswerStatus.Refused, Payload.Length: > 0 }
            && (RefusalCode)claim.Answer.Payload.Span[0] == RefusalCode.Busy);

    private static SessionExpiredException SessionExpired(string what) => new(
        $"{what}: the session is over, for no leader has confirmed it in time. What it held may be with others. "
        + "A new session has begun: ask again.")
    {
        ErrorCode = EngineErrors.SessionExpiredCode,
    };

    private Exception Failure(ClientClaim claim)
    {
        switch (claim.State)
        {
            case ClaimState.Expired or ClaimState.Lost:
                return SessionExpired(OperationWords.Of(claim.Code));
            case ClaimState.Refused:
                return new HoldRefusedException(claim.Answer);
            case ClaimState.Stopped:
                return EngineErrors.Disposed();
        }

        try
        {
            AnswerOf(claim.Call!, OperationWords.Of(claim.Code));
            return new InvalidOperationException($"{OperationWords.Of(claim.Code)} ended as {claim.State}.");
        }
        catch (Exception e) when (e is ConcordException or InvalidOperationException)
        {
            return e;
        }
    }

    /// <summary>A hold must not stay because its owner was in a hurry: giving back goes on after the caller has
    /// left.</summary>
    private async Task<ClientCall> GiveBackAsync(
        PendingCall pending, Action<TimeSpan> begin, CancellationToken cancellationToken)
    {
        pending.Call!.Deadline = TimeSpan.MaxValue;
        DoOrThrow(begin);
        try
        {
            return await pending.Task.WaitAsync(_operationTimeout, _time, cancellationToken).ConfigureAwait(false);
        }
        catch (TimeoutException)
        {
            throw EngineErrors.OutcomeUnknown(
                $"{OperationWords.Of(pending.Call.Code)} was not answered within {_operationTimeout}. It is tried on "
                + "until it is answered or the session is over.",
                pending.Call.RequestKey);
        }
    }

    /// <summary>Gives back everything at once, where a leader is at hand; what is left expires.</summary>
    private async Task CloseSessionAsync()
    {
        SessionId session = default;
        uint[] shards = [];
        TimeSpan until = default;
        TryDo(now => (session, shards, until) =
            (_core.Session.Id, [.. _core.ShardsToClose], now + s_closingTime));
        await Task.WhenAll(shards.Select(shard => CloseSessionAsync(shard, session, until))).ConfigureAwait(false);
    }

    private async Task CloseSessionAsync(uint shard, SessionId session, TimeSpan until)
    {
        ClientCall ended;
        do
        {
            var closing = new PendingCall();
            closing.Call = new()
            {
                Kind = CallKind.Execute,
                Code = OperationCode.CloseSession,
                Slot = Slot.OfShard,
                Shard = shard,
                Body = CloseSession.Arguments(session),
                Deadline = until,
                Owner = closing,
            };
            if (!TryDo(now => _core.Call(closing.Call, now)))
            {
                return;
            }

            ended = await closing.Task.ConfigureAwait(false);
        }
        while (ended is { Outcome: CallOutcome.Answered, Answer.Status: AnswerStatus.Done }
            && CloseSession.HasMore(ended.Answer));
    }

    private SessionLease NewLease() =>
        new(_core.Session, _core.Options.SessionTimeout, () => Now, () => _alarm.Wake());

    /// <summary>Under the gate: the core has another session, or the same for longer.</summary>
    private void NoticeSession()
    {
        if (_core.Session != _lease.Of)
        {
            SessionLease lost = _lease;
            Volatile.Write(ref _lease, NewLease());
            lost.Lose();
        }

        _lease.Deadline = _core.SessionDeadline;
    }

    /// <summary>Under the gate: tells those who wait for a hold, hold one, or watch.</summary>
    private void NoticeHolds()
    {
        foreach (ClientClaim claim in _core.Changed)
        {
            ((IClaimOwner)claim.Owner!).Notice(claim, _lease);
        }

        _core.Changed.Clear();
        foreach ((ClientSubscription watch, EngineRecords records) in _core.Told)
        {
            ((WatchReader)watch.Owner!).Tell(records);
        }

        _core.Told.Clear();
    }

    /// <summary>A caller that waits for a hold. Continuations run on the pool, never under the lock.</summary>
    private sealed class PendingClaim()
        : TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously), IClaimOwner
    {
        public HeldClaim? Hold { get; private set; }

        public void Notice(ClientClaim claim, SessionLease lease)
        {
            if (claim.State == ClaimState.Held)
            {
                Hold = new(claim, lease);
            }

            TrySetResult();
        }
    }

    /// <summary>The same for several, which are told one by one.</summary>
    private sealed class PendingSeveral(Action<EngineHold> granted)
        : TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously), IClaimOwner
    {
        public void Notice(ClientClaim claim, SessionLease lease)
        {
            if (claim.PartOf is null)
            {
                TrySetResult();
            }
            else
            {
                granted(new HeldClaim(claim, lease));
            }
        }
    }
}

/// <summary>Who is told, under the gate, what has become of a claim.</summary>
internal interface IClaimOwner
{
    void Notice(ClientClaim claim, SessionLease lease);
}

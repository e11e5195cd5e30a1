using Concord.Client.Routing;
using Concord.Encoding;
using Concord.Engines;
using Concord.Operations;

namespace Concord.Client.Connections;

/// <summary>
/// The thin asynchronous shell around <see cref="ClientCore"/>: an engine for the primitives. Callers of all threads
/// take turns at the core; what they want sent is sent together.
/// </summary>
internal sealed partial class ClusterClient : IEngine, IClientLinkEvents
{
    private static readonly TimeSpan s_tickInterval = TimeSpan.FromMilliseconds(20);

    /// <summary>Between two ticks when nothing is under way: for signs of life, which are sent four times in a
    /// session's time, a second at least.</summary>
    private static readonly TimeSpan s_idleTickInterval = TimeSpan.FromMilliseconds(100);

    /// <summary>So many ticks without anything, and they come less often. Not at once: between two calls of one caller
    /// the timer is not worth setting.</summary>
    private const int IdleTicks = 25;
    private static readonly TimeSpan s_redialDelay = TimeSpan.FromMilliseconds(200);

    private readonly Lock _gate = new();
    private readonly Lock _sendGate = new();
    private readonly List<(ClientLink Link, byte[] Frames)> _toSend = [];
    private readonly ClientCore _core;
    private readonly IDialer _dialer;
    private readonly TimeProvider _time;
    private readonly long _origin;
    private readonly Dictionary<string, LinkState> _links = [];
    private readonly ITimer _timer;
    private readonly TimeSpan _operationTimeout;
    private int _quietTicks;
    private bool _hasClosedLinks;
    private bool _flushDue;
    private bool _isDisposed;
    private string _lastFailure = "no connection has failed";

    public ClusterClient(ClientOptions options, IDialer dialer, TimeProvider time)
    {
        _core = new(options);
        _dialer = dialer;
        _time = BootTime.Of(time);
        _origin = _time.GetTimestamp();
        _operationTimeout = options.OperationTimeout;
        _lease = NewLease();
        _alarm = SessionAlarm.Start(time, this);
        _timer =
            time.CreateTimer(static client => ((ClusterClient)client!).Tick(), this, TimeSpan.Zero, s_tickInterval);
    }

    private TimeSpan Now => _time.GetElapsedTime(_origin);

    public async ValueTask<EngineAnswer> ExecuteAsync(OperationRequest request, CancellationToken cancellationToken)
    {
        var pending = new PendingCall();
        pending.Call = NewExecute(request, pending);
        ClientCall ended = await RunAsync(pending, cancellationToken).ConfigureAwait(false);
        return AnswerOf(ended, OperationWords.Of(request.Code));
    }

    public async ValueTask<EngineAnswer> QueryAsync(OperationRequest request, CancellationToken cancellationToken)
    {
        var pending = new PendingCall();
        pending.Call = new()
        {
            Kind = CallKind.Query,
            Slot = request.Slot,
            Code = request.Code,
            Body = request.Arguments,
            Owner = pending,
        };
        ClientCall ended = await RunAsync(pending, cancellationToken).ConfigureAwait(false);
        return ended.Outcome == CallOutcome.Unknown
            ? throw Unavailable("The question")
            : AnswerOf(ended, OperationWords.Of(request.Code));
    }

    public async ValueTask<EngineRecord> ReadAsync(ReadOnlyMemory<byte> key, CancellationToken cancellationToken)
    {
        var pending = new PendingCall();
        pending.Call = new() { Kind = CallKind.Read, Slot = RecordKey.SlotOf(key.Span), Body = key, Owner = pending };
        ClientCall ended = await RunAsync(pending, cancellationToken).ConfigureAwait(false);
        if (ended.Outcome == CallOutcome.Unknown)
        {
            // A read changes nothing: that it was sent and not answered is no doubt about anything.
            throw Unavailable("The read");
        }

        EngineAnswer answer = AnswerOf(ended, "The read");
        return new(answer.Status == AnswerStatus.Done, answer.Revision, answer.Payload);
    }

    public ValueTask<(SessionId Session, ulong Sequence)> BeginAsync(CancellationToken cancellationToken)
    {
        cancellationToken.ThrowIfCancellationRequested();
        lock (_gate)
        {
            return new(_core.Begin());
        }
    }

    public void GiveUp(SessionId session, ulong sequence)
    {
        lock (_gate)
        {
            _core.GiveUp(session, sequence);
        }
    }

    public async ValueTask<EngineAnswer> CommitAsync(TransactionRequest request, CancellationToken cancellationToken)
    {
        var pending = new PendingCall();
        pending.Call = new() { Kind = CallKind.Commit, Slot = request.Id.Slot, Transaction = request, Owner = pending };
        ClientCall ended = await RunAsync(pending, cancellationToken).ConfigureAwait(false);
        return AnswerOf(ended, "The transaction");
    }

    public async ValueTask<EngineAnswer> SettleAsync(RequestKey request, CancellationToken cancellationToken)
    {
        var pending = new PendingCall();
        pending.Call = new()
        {
            Kind = CallKind.Execute,
            Slot = request.Slot,
            Code = OperationCode.Settle,
            Body = SettleRequest.Arguments(request),
            Owner = pending,
        };
        ClientCall ended = await RunAsync(pending, cancellationToken).ConfigureAwait(false);
        if (ended.Outcome == CallOutcome.Unknown)
        {
            throw Unavailable("The question");
        }

        return SettleRequest.Read(AnswerOf(ended, "The question"));
    }

    public async ValueTask DisposeAsync()
    {
        TryDo(_ =>
        {
            _core.StopClaims();

            // Before the engine hands on what is still held: whoever holds it must not be the last to know.
            _lease.Lose();
        });
        await CloseSessionAsync().ConfigureAwait(false);
        await _timer.DisposeAsync().ConfigureAwait(false);
        _alarm.Dispose();
        LinkState[] links;
        List<ClientCall>? ended;
        lock (_gate)
        {
            _isDisposed = true;
            links = [.. _links.Values];
            _core.Stop();
            ended = AfterEvent();
            _lease.Lose();
            foreach (WatchReader reader in _readers)
            {
                reader.End();
            }
        }

        // Nobody ticks any more: whoever still waited would wait for ever.
        Complete(ended);

        foreach (LinkState state in links)
        {
            state.Link.Close();
        }
    }

    void IClientLinkEvents.Opened(ClientLink link) => Do(now =>
    {
        if (_links.TryGetValue(link.Address, out LinkState? state) && state.Link == link)
        {
            state.Connection = _core.Connected(link.Address, now);
            state.Connection.Transport = link;
        }
    });

    void IClientLinkEvents.Received(ClientLink link, ReadOnlySpan<byte> body)
    {
        List<ClientCall>? ended = null;
        lock (_gate)
        {
            if (_links.TryGetValue(link.Address, out LinkState? state) && state.Link == link
                && state.Connection is { } connection)
            {
                _core.Receive(connection, body, Now);
                ended = AfterEvent();
            }
        }

        Complete(ended);
    }

    void IClientLinkEvents.Closed(ClientLink link, string reason) => Do(now =>
    {
        _lastFailure = $"{link.Address}: {reason}";
        if (_links.TryGetValue(link.Address, out LinkState? state) && state.Link == link)
        {
            state.RedialAt = now + s_redialDelay;
            state.IsClosed = true;
            _hasClosedLinks = true;
            if (state.Connection is { } connection)
            {
                state.Connection = null;
                _core.Disconnected(connection, now);
            }
        }
    });

    private Task<ClientCall> RunAsync(PendingCall pending, CancellationToken cancellationToken)
    {
        cancellationToken.ThrowIfCancellationRequested();
        return RunAsync(pending, now => _core.Call(pending.Call!, now), cancellationToken);
    }

    /// <summary>Begins a call, and waits for its end; who leaves before takes no more interest in it.</summary>
    private async Task<ClientCall> RunAsync(
        PendingCall pending, Action<TimeSpan> begin, CancellationToken cancellationToken)
    {
        DoOrThrow(begin);
        using (
            cancellationToken.UnsafeRegister(static (state, token) =>
                ((PendingCall)state!).TrySetCanceled(token), pending))
        {
            try
            {
                return await pending.Task.ConfigureAwait(false);
            }
            catch (OperationCanceledException)
            {
                Do(_ => _core.Abandon(pending.Call!));
                throw;
            }
        }
    }

    private EngineAnswer AnswerOf(ClientCall call, string what) => call.Outcome switch
    {
        CallOutcome.Answered => call.Answer,
        CallOutcome.NotSent => throw Unavailable(what, TimeOf(call)),
        CallOutcome.Conflict => call.Transaction is null
            ? throw EngineErrors.Overloaded(
                $"{what} met a transaction that was not decided in time. Nothing happened; try again.",
                    TimeSpan.FromMilliseconds(100))
            : new(AnswerStatus.Refused, 0, new byte[] { (byte)RefusalCode.Conflict }),
        CallOutcome.Overloaded => throw EngineErrors.Overloaded(
            $"{what} was refused: too much waits, or the state of the nodes is full. Nothing happened; try "
                + "again later.",
            TimeSpan.FromMilliseconds(200)),
        CallOutcome.DiskFull => throw EngineErrors.ReadOnly($"{what} was refused. {call.Detail}"),
        CallOutcome.SessionLost => throw SessionExpired(what),
        CallOutcome.Malformed => throw new InvalidOperationException($"{what} was refused: {call.Detail}"),
        _ => throw EngineErrors.OutcomeUnknown(
            $"{what} was sent and not answered within {TimeOf(call)}: it may have happened or not. "
            + (call.Claim is null
                ? "Ask with GetOutcomeAsync and the request's id."
                : "What it may have been granted is given back in the background."),
            call.RequestKey),
    };

    private TimeSpan TimeOf(ClientCall call) =>
        call.Claim?.Timeout is { } timeout && timeout > TimeSpan.Zero ? timeout : _operationTimeout;

    private EngineUnavailableException Unavailable(string what) => Unavailable(what, _operationTimeout);

    private EngineUnavailableException Unavailable(string what, TimeSpan time)
    {
        string known = _core.Topology is null ? "No node of the cluster could be reached" : "No leader answered";
        return EngineErrors.Unavailable(
            $"{known} within {time}; last failure: {_lastFailure}. {what} did not happen. "
            + "Start the nodes, or correct the addresses.");
    }

    private void Tick() => Do(now =>
    {
        bool anyClosed = false;
        foreach (string address in _core.Wanted)
        {
            if (!_links.TryGetValue(address, out LinkState? state) || (state.IsClosed && now >= state.RedialAt))
            {
                _links[address] = new(_dialer.Dial(address, this));
            }
            else
            {
                anyClosed |= state.IsClosed;
            }
        }

        _hasClosedLinks = anyClosed;

        _core.Tick(now);
        if (++_quietTicks == IdleTicks)
        {
            _timer.Change(s_idleTickInterval, s_idleTickInterval);
        }
    });

    /// <summary>Hands the core one event, sends what it wants sent, and completes what has ended, outside the
    /// lock.</summary>
    private void Do(Action<TimeSpan> step) => TryDo(step);

    /// <summary>The same, for what somebody waits for.</summary>
    /// <exception cref="ObjectDisposedException">It is over.</exception>
    private void DoOrThrow(Action<TimeSpan> step)
    {
        if (!TryDo(step))
        {
            throw EngineErrors.Disposed();
        }
    }

    private bool TryDo(Action<TimeSpan> step)
    {
        List<ClientCall>? ended;
        lock (_gate)
        {
            if (_isDisposed)
            {
                return false;
            }

            step(Now);
            ended = AfterEvent();
        }

        Complete(ended);
        return true;
    }

    private List<ClientCall>? AfterEvent()
    {
        NoticeActivity();
        NoticeSession();
        NoticeHolds();
        if (_core.Dirty.Count > 0 && _dialer.SendsAtOnce)
        {
            SendAtOnce();
        }
        else if (_core.Dirty.Count > 0 && !_flushDue)
        {
            // A moment later, on another thread: calls that come meanwhile travel along.
            _flushDue = true;
            ThreadPool.UnsafeQueueUserWorkItem(static client => client.Flush(), this, preferLocal: false);
        }

        if (_core.Ended.Count == 0)
        {
            return null;
        }

        List<ClientCall> ended = [.. _core.Ended];
        _core.Ended.Clear();
        return ended;
    }

    /// <summary>What has a deadline, or is to be tried again soon, is looked at often.</summary>
    private void NoticeActivity()
    {
        if (_core.IsQuiet && !_hasClosedLinks)
        {
            return;
        }

        if (_quietTicks >= IdleTicks && !_isDisposed)
        {
            _timer.Change(s_tickInterval, s_tickInterval);
        }

        _quietTicks = 0;
    }

    private void Flush()
    {
        // Not under the gate, for a link may run the node itself; one at a time, so that a hello stays in front.
        lock (_sendGate)
        {
            lock (_gate)
            {
                _flushDue = false;
                foreach (ClientConnection connection in _core.Dirty)
                {
                    _toSend.Add(((ClientLink)connection.Transport!, connection.Output.Take().ToArray()));
                    connection.Output.Clear();
                }

                _core.Dirty.Clear();
            }

            foreach ((ClientLink link, byte[] frames) in _toSend)
            {
                link.Send(frames);
            }

            _toSend.Clear();
        }
    }

    private void SendAtOnce()
    {
        foreach (ClientConnection connection in _core.Dirty)
        {
            ((ClientLink)connection.Transport!).Send(connection.Output.Take());
            connection.Output.Clear();
        }

        _core.Dirty.Clear();
    }

    private void Complete(List<ClientCall>? ended)
    {
        if (_dialer.SendsAtOnce)
        {
            _dialer.Sent();
        }

        if (ended is not null)
        {
            foreach (ClientCall call in ended)
            {
                (call.Owner as PendingCall)?.TrySetResult(call);
            }
        }
    }

    private static ClientCall NewExecute(in OperationRequest request, PendingCall pending) => new()
    {
        Kind = CallKind.Execute,
        Slot = request.Slot,
        Code = request.Code,
        Body = request.Arguments,
        IdempotencyKey = request.IdempotencyKey is { } key ? new IdempotencyName("", key) : null,
        Fence = request.Fence,
        IsNumbered = true,
        Owner = pending,
    };

    /// <summary>A caller that waits. Continuations run on the pool, never under the lock.</summary>
    private sealed class PendingCall()
        : TaskCompletionSource<ClientCall>(TaskCreationOptions.RunContinuationsAsynchronously)
    {
        public ClientCall? Call { get; set; }
    }

    private sealed class LinkState(ClientLink link)
    {
        public ClientLink Link { get; } = link;

        public ClientConnection? Connection { get; set; }

        public bool IsClosed { get; set; }

        public TimeSpan RedialAt { get; set; }
    }
}

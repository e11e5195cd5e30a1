using System.Security.Cryptography;
using Concord.Client.Wire;
using Concord.Encoding;
using Concord.Engines;

namespace Concord.Client.Routing;

/// <summary>The settings of a client.</summary>
/// <param name="Addresses">Where nodes of the cluster listen; one that answers is enough.</param>
/// <param name="OperationTimeout">When a call gives up.</param>
/// <param name="SessionTimeout">How long the session lives after the cluster last heard of it.</param>
/// <param name="Seed">Where session ids come from; different for every client.</param>
internal sealed record ClientOptions(
    IReadOnlyList<string> Addresses, TimeSpan OperationTimeout, TimeSpan SessionTimeout, ulong Seed)
{
    /// <summary>A seed that no other client has.</summary>
    public static ulong NewSeed() => BitConverter.ToUInt64(RandomNumberGenerator.GetBytes(sizeof(ulong)));

    /// <summary>A node that has not answered for this long is asked no more; another is.</summary>
    public TimeSpan AttemptTimeout { get; init; } = TimeSpan.FromMilliseconds(1500);

    /// <summary>The wait before a call is sent again when nobody leads.</summary>
    public TimeSpan RetryDelay { get; init; } = TimeSpan.FromMilliseconds(25);
}

/// <summary>
/// A client without I/O: calls, connections, bytes and ticks in; bytes, wanted connections and ended calls out. It
/// finds the leader, numbers calls with its session, and sends a call again under the same number until there is an
/// answer.
/// </summary>
/// <remarks>Not thread-safe: its shell hands it one event at a time, a simulator does the same.</remarks>
internal sealed partial class ClientCore
{
    private readonly ClientOptions _options;
    private readonly Dictionary<string, ClientConnection> _connections = [];
    private readonly Dictionary<ulong, ClientCall> _open = [];
    private readonly List<ClientCall> _waiting = [];
    private readonly Queue<ClientCall> _unknown = new();
    private ulong _sessionState;
    private ulong _nextWireId = 1;
    private TimeSpan _now;
    private bool _pumpDue;

    public ClientCore(ClientOptions options)
    {
        _options = options;
        _sessionState = options.Seed;
        Session = NewSession();
        foreach (string address in options.Addresses)
        {
            Wanted.Add(address);
        }
    }

    public ClientOptions Options => _options;

    /// <summary>The session that new calls are numbered by.</summary>
    public ClientSession Session { get; private set; }

    /// <summary>The addresses to be connected to, in order; the shell dials them as long as they stand here.</summary>
    public List<string> Wanted { get; } = [];

    /// <summary>Connections with something to send.</summary>
    public List<ClientConnection> Dirty { get; } = [];

    /// <summary>Calls that have ended since the shell last looked.</summary>
    public List<ClientCall> Ended { get; } = [];

    public int OpenCalls => _open.Count;

    /// <summary>Whether nothing is under way: no call, and nothing to be found out. Signs of life are sent
    /// nevertheless.</summary>
    public bool IsQuiet => _open.Count == 0 && _timed.Count == 0 && !_isSubscribing && _topology is not null
        && !_leaderMissing;

    /// <summary>Begins a call.</summary>
    public void Call(ClientCall call, TimeSpan now)
    {
        Advance(now);
        call.WireId = _nextWireId++;
        call.Deadline = call.Deadline == default ? _now + _options.OperationTimeout : call.Deadline;
        _open.Add(call.WireId, call);
        if (call.Transaction is { } transaction && transaction.Id.Session != Session.Id)
        {
            // Its session was lost while its body ran. Under the new one's numbers it would acknowledge, and give up,
            // what is not its own.
            End(call, CallOutcome.Conflict);
            return;
        }

        if (call.IsNumbered || call.Transaction is not null)
        {
            call.IsBound = call.Session is not null;
            call.Session ??= Session;
            if (call.Session != Session)
            {
                End(call, CallOutcome.SessionLost);
                return;
            }
        }

        if (call.IsNumbered)
        {
            call.Sequence = Session.NextSequence();
            call.Tickets.Add(Session.Open(call.Slot, call.Sequence));
        }

        TrySend(call);
        Pump();
    }

    /// <summary>The caller waits no more. The call may still run; its answer is dropped.</summary>
    public void Abandon(ClientCall call)
    {
        if (call.Outcome == CallOutcome.Pending)
        {
            End(call, call.MayHaveRun || call.SentOn is not null ? CallOutcome.Unknown : CallOutcome.NotSent);
        }
    }

    /// <summary>The same, by the number under which it was sent.</summary>
    public void Abandon(ulong request)
    {
        if (_open.TryGetValue(request, out ClientCall? call))
        {
            Abandon(call);
        }
    }

    /// <summary>There will be no more events: every call that is open ends.</summary>
    public void Stop()
    {
        StopClaims();
        foreach (ClientCall call in _open.Values.OrderBy(static call => call.WireId).ToArray())
        {
            Abandon(call);
        }
    }

    /// <summary>A session and number for a transaction. Held open, so that no answer on any slot passes it by, until it
    /// is committed or given up.</summary>
    public (SessionId Session, ulong Sequence) Begin() => (Session.Id, Session.Begin());

    /// <summary>A transaction that was begun is not going to be committed.</summary>
    public void GiveUp(SessionId session, ulong sequence)
    {
        if (Session.Id == session)
        {
            Session.GiveUp(sequence);
        }
    }

    /// <summary>Time has passed.</summary>
    public void Tick(TimeSpan now)
    {
        Advance(now);
        foreach (ClientCall call in _open.Values.OrderBy(static call => call.WireId).ToArray())
        {
            if (_now >= call.Deadline)
            {
                End(call, call.MayHaveRun || call.SentOn is not null ? CallOutcome.Unknown : CallOutcome.NotSent);
            }
            else if (call.SentOn is not null && _now - call.SentAt >= _options.AttemptTimeout)
            {
                // It may hang, or have lost its way. The others know who leads, and the number makes asking twice safe.
                ForgetLeaderAt(call.SentOn);
                Retry(call, mayHaveRun: true);
            }
        }

        TickTopology();
        TickSession();
        TickClaims();
        TickSubscriptions();
        _pumpDue = true;
        Pump();
    }

    private void Advance(TimeSpan now)
    {
        _now = now > _now ? now : _now;
        CheckSession();
    }

    private ClientSession NewSession()
    {
        // SplitMix64 over a random seed: an id that nobody else has.
        _sessionState += 0x9E3779B97F4A7C15UL;
        ulong id = _sessionState;
        id = (id ^ (id >> 30)) * 0xBF58476D1CE4E5B9UL;
        id = (id ^ (id >> 27)) * 0x94D049BB133111EBUL;
        id ^= id >> 31;
        return new(new(id == 0 ? 1 : id));
    }

    private void End(ClientCall call, CallOutcome outcome, string? detail = null)
    {
        call.Fail(outcome, detail);
        Finish(call);
    }

    private void Finish(ClientCall call)
    {
        _open.Remove(call.WireId);
        Detach(call);
        Ended.Add(call);
        if (call.Claim is { } claim)
        {
            Asked(claim);
        }
        else if (call.Then is not null)
        {
            Settled(call);
        }

        if (call.Outcome != CallOutcome.Unknown)
        {
            CloseTickets(call);
            return;
        }

        // Its answer is kept a while, so that it can be asked for; not for ever, or its slot would never be pruned.
        _unknown.Enqueue(call);
        if (_unknown.Count > UnknownKeptMax)
        {
            CloseTickets(_unknown.Dequeue());
        }
    }

    private const int UnknownKeptMax = 64;

    private static void CloseTickets(ClientCall call)
    {
        foreach (SlotTicket ticket in call.Tickets)
        {
            ticket.Close();
        }
    }

    private static void Detach(ClientCall call)
    {
        if (call.SentOn is { } connection)
        {
            connection.Waiting--;
            call.SentOn = null;
        }
    }

    /// <summary>Sends every call that can be sent now.</summary>
    private void Pump()
    {
        while (_pumpDue)
        {
            _pumpDue = false;
            if (_waiting.Count == 0)
            {
                return;
            }

            ClientCall[] waiting = [.. _waiting];
            _waiting.Clear();
            foreach (ClientCall call in waiting)
            {
                if (call.Outcome == CallOutcome.Pending)
                {
                    TrySend(call);
                }
            }
        }
    }

    private void Wait(ClientCall call) => _waiting.Add(call);

    private void Retry(ClientCall call, bool mayHaveRun, TimeSpan delay = default)
    {
        Detach(call);
        call.MayHaveRun |= mayHaveRun;
        call.RetryAt = _now + delay;
        Wait(call);
        _pumpDue |= delay == default;
    }
}

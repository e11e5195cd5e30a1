using Concord.Client.Wire;
using Concord.Encoding;
using Concord.Engines;
using Concord.Operations;

namespace Concord.Client.Routing;

/// <content>From bytes to answers, and what an answer that is none leads to.</content>
internal sealed partial class ClientCore
{
    /// <summary>The body of a frame has come.</summary>
    /// <exception cref="MalformedDataException">The other side does not speak the protocol: close the
    /// connection.</exception>
    public void Receive(ClientConnection connection, ReadOnlySpan<byte> body, TimeSpan now)
    {
        Advance(now);
        var messages = new MessageReader(body);
        while (messages.TryRead(out WireKind kind, out ByteReader message))
        {
            switch (kind)
            {
                case WireKind.Welcome:
                    Welcomed(connection, Hello.Read(ref message));
                    break;
                case WireKind.Refused:
                    throw new MalformedDataException(message.ReadText());
                case WireKind.Reply:
                    HandleReply(connection, NodeReply.Read(ref message, out ulong request), request);
                    break;
                case WireKind.Renewed:
                    HandleRenewed(Renewal.Read(ref message));
                    break;
                case WireKind.Inbox:
                    HandleInbox(connection, ref message);
                    break;
                case WireKind.Watched:
                    HandleWatched(connection, ref message);
                    break;
                case WireKind.SubscriptionEnded:
                    HandleSubscriptionEnded(connection, message.ReadUInt64());
                    break;
                default:
                    throw new MalformedDataException($"Malformed data: message {(byte)kind} to a client.");
            }
        }

        Pump();
    }

    private void HandleReply(ClientConnection connection, NodeReply reply, ulong request)
    {
        if (request == TopologyRequestId)
        {
            AdoptTopology(Topology.Read(new ByteReader(reply.Payload)));
            return;
        }

        if (!_open.TryGetValue(request, out ClientCall? call))
        {
            return;
        }

        // An answer counts from wherever it comes. A refusal counts only for the attempt that is under way: an earlier
        // one may have been taken after all.
        if (reply.Status == ReplyStatus.Answered)
        {
            Answered(call, reply);
        }
        else if (call.SentOn == connection)
        {
            Refused(call, reply);
        }
    }

    private void Answered(ClientCall call, in NodeReply reply)
    {
        if (call.Kind != CallKind.OpenSession)
        {
            call.Succeed(reply);
            Finish(call);
            return;
        }

        ShardRegistration registration = call.Session!.In(call.Shard!.Value);
        (OpenSessionOutcome outcome, long token) =
            OpenSession.Read(new(reply.Answer, reply.Revision, reply.Payload.ToArray()));
        registration.Token = token;
        registration.IsOpening = false;
        registration.IsOpen = outcome == OpenSessionOutcome.Opened;
        if (outcome == OpenSessionOutcome.Ending)
        {
            ReplaceSession(call.Session);
        }
        else if (registration.IsOpen)
        {
            // At once: a node in this process vouches for the session from now on, whatever becomes of our threads.
            Confirm(call.Session, call.Shard.Value, call.FirstSentAt!.Value);
            _keepAliveDue = _now;
            TickSession();
        }

        _open.Remove(call.WireId);
        Detach(call);
        _pumpDue = true;
    }

    private void Refused(ClientCall call, in NodeReply reply)
    {
        switch (reply.Status)
        {
            case ReplyStatus.NotLeader:
                NotLeader(call, reply.Leader, mayHaveRun: false);
                break;
            case ReplyStatus.LeadershipLost:
                NotLeader(call, reply.Leader, mayHaveRun: true);
                break;
            case ReplyStatus.WrongShard:
                RequestTopology();
                Retry(call, mayHaveRun: false, _options.RetryDelay);
                break;
            case ReplyStatus.SessionUnknown:
                SessionLost(call);
                break;
            case ReplyStatus.NotReady or ReplyStatus.Malformed when call.Claim is { } claim && MayBeTooNew(claim):
                End(call, call.MayHaveRun ? CallOutcome.Unknown : CallOutcome.TooNew);
                break;
            case ReplyStatus.NotReady:
                Retry(call, mayHaveRun: false, _options.RetryDelay);
                break;
            case ReplyStatus.Overloaded when call.Kind == CallKind.OpenSession:
                // Nobody else would ask again, and every call to this shard waits for it.
                Retry(call, mayHaveRun: false, _options.RetryDelay);
                break;
            case ReplyStatus.Overloaded or ReplyStatus.DiskFull or ReplyStatus.Conflict when call.GoesOn:
                // Whoever gave it up has left: if this stopped, the hold would stay for as long as the session lives.
                Retry(call, mayHaveRun: false, _options.RetryDelay);
                break;
            case ReplyStatus.Overloaded:
                End(call, call.MayHaveRun ? CallOutcome.Unknown : CallOutcome.Overloaded);
                break;
            case ReplyStatus.DiskFull:
                End(
                    call,
                    call.MayHaveRun ? CallOutcome.Unknown : CallOutcome.DiskFull,
                    System.Text.Encoding.UTF8.GetString(reply.Payload));
                break;
            case ReplyStatus.Conflict:
                // Said by the leader that parked it: this attempt did not run. An earlier one may have.
                End(call, call.MayHaveRun ? CallOutcome.Unknown : CallOutcome.Conflict);
                break;
            case ReplyStatus.Malformed:
                End(call, CallOutcome.Malformed, System.Text.Encoding.UTF8.GetString(reply.Payload));
                break;
            default:
                End(call, CallOutcome.Unknown);
                break;
        }
    }

    private void NotLeader(ClientCall call, ushort hint, bool mayHaveRun)
    {
        uint shard = call.Shard ?? _topology!.ShardOf(call.Slot);
        if (hint != 0 && _topology!.AddressOf(hint) is null)
        {
            RequestTopology();
        }

        // Those that are left name a dead leader until they elect another. Followed without a connection, such a hint
        // would lead back to who gave it, as often as the network can.
        ClientConnection? named = hint == 0 ? null : ConnectionTo(hint);
        if (named is not null)
        {
            _leaders[shard] = hint;
        }
        else if (call.SentOn is { } asked && _leaders.GetValueOrDefault(shard) == asked.Node)
        {
            // It says itself that it leads no more, and nobody else can be asked: somebody may. It may be cut off.
            _leaders.Remove(shard);
        }

        // At once, also if another call was told the same before; but two that name each other are not followed to
        // and fro.
        bool isElsewhere = named is not null && named != call.SentOn && call.HintsFollowed < HintsFollowedMax;
        call.HintsFollowed = isElsewhere ? call.HintsFollowed + 1 : 0;
        Retry(call, mayHaveRun, isElsewhere ? default : _options.RetryDelay);
    }

    private const int HintsFollowedMax = 3;

    /// <summary>The shard does not know the session: it has ended there, after a long silence.</summary>
    private void SessionLost(ClientCall call)
    {
        ReplaceSession(call.Session!);
        if (call.Outcome != CallOutcome.Pending)
        {
            return;
        }

        if (call.MayHaveRun || call.Transaction is not null)
        {
            // Whether an earlier attempt ran is not known any more; to run it under a new number might run it twice. A
            // transaction's number is its name: it is for its caller to begin another.
            End(call, call.MayHaveRun ? CallOutcome.Unknown : CallOutcome.Conflict);
            return;
        }

        CloseTickets(call);
        call.Tickets.Clear();
        call.Session = Session;
        call.Sequence = Session.NextSequence();
        call.Tickets.Add(Session.Open(call.Slot, call.Sequence));
        Retry(call, mayHaveRun: false);
    }
}

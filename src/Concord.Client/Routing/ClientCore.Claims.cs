using Concord.Client.Wire;
using Concord.Encoding;
using Concord.Engines;
using Concord.Operations;
using Concord.Operations.Holds;

namespace Concord.Client.Routing;

/// <content>
/// Holds: asked for by a call, granted by its answer or later by the inbox, given up by another call that goes on until
/// it is answered or the session is over. So a cancelled wait leaves neither a ghost in the line nor a lost grant.
/// </content>
internal sealed partial class ClientCore
{
    /// <summary>Claims whose state the shell has to look at, in the order of events.</summary>
    public List<ClientClaim> Changed { get; } = [];

    private readonly List<ClientClaim> _timed = [];

    /// <summary>Asks for a hold.</summary>
    public void Claim(ClientClaim claim, TimeSpan now)
    {
        Advance(now);
        claim.Until = claim.Timeout is { } timeout && timeout > TimeSpan.Zero ? _now + timeout : TimeSpan.MaxValue;
        if (claim.Until < TimeSpan.MaxValue)
        {
            _timed.Add(claim);
        }

        claim.Session = Session;
        Ask(claim);
    }

    private void Ask(ClientClaim claim)
    {
        claim.State = ClaimState.Asking;
        claim.Call = new()
        {
            Kind = CallKind.Execute,
            Slot = claim.Slot,
            Code = claim.Code,
            Body = claim.Arguments,
            IsNumbered = true,
            Claim = claim,

            // As long as the caller waits; who does not wait in line waits for the answer like for any other.
            Deadline = claim.Timeout == TimeSpan.Zero ? default : TimeSpan.MaxValue,
        };
        Call(claim.Call, _now);
        claim.Sequence = claim.Call.Sequence;
        claim.Session!.Claims.Add((claim.Slot, claim.Sequence), claim);
    }

    /// <summary>Nobody wants it any more: gives back what was granted, or leaves the line, whichever it is.</summary>
    public void GiveUp(ClientClaim claim, TimeSpan now)
    {
        Advance(now);
        if (claim.IsWaiting || claim.State == ClaimState.Held)
        {
            GiveUp(claim, ClaimState.GivenUp);
            Pump();
        }
    }

    /// <summary>Ends a hold by an operation of its own, and runs the call in its session.</summary>
    public void End(ClientClaim claim, ClientCall call, TimeSpan now)
    {
        call.Session = claim.Session;
        Forget(claim, ClaimState.GivenUp);
        Call(call, now);
    }

    private void GiveUp(ClientClaim claim, ClaimState state)
    {
        ClientCall asking = claim.Call!;
        bool wasAsked = claim.State != ClaimState.Asking || asking.MayHaveRun || asking.SentOn is not null
            || asking.Outcome == CallOutcome.Unknown;
        Forget(claim, state);
        Abandon(asking);
        if (wasAsked && !claim.Session!.IsLost)
        {
            Call(
                new()
                {
                    Kind = CallKind.Execute,
                    Slot = claim.Slot,
                    Code = OperationCode.Release,
                    Body = ReleaseHold.Arguments(claim.Root.Span, claim.Sequence),
                    IsNumbered = true,
                    Session = claim.Session,
                    Deadline = TimeSpan.MaxValue,
                },
                _now);
        }
    }

    private void Forget(ClientClaim claim, ClaimState state)
    {
        claim.State = state;
        claim.Session!.Claims.Remove((claim.Slot, claim.Sequence));
        Changed.Add(claim);
    }

    private void TickClaims()
    {
        _timed.RemoveAll(static claim => !claim.IsWaiting);
        foreach (ClientClaim claim in _timed.ToArray())
        {
            if (_now >= claim.Until)
            {
                GiveUp(claim, ClaimState.TimedOut);
            }
        }
    }

    /// <summary>The call that asked has ended.</summary>
    private void Asked(ClientClaim claim)
    {
        if (claim.State != ClaimState.Asking)
        {
            return;
        }

        ClientCall call = claim.Call!;
        if (call.Outcome != CallOutcome.Answered)
        {
            bool isInDoubt = call.Outcome == CallOutcome.Unknown;
            if (isInDoubt)
            {
                // It may be granted yet: nobody would know of it.
                GiveUp(claim, ClaimState.Failed);
            }
            else
            {
                Forget(claim, call.Outcome == CallOutcome.SessionLost ? ClaimState.Expired : ClaimState.Failed);
            }

            return;
        }

        claim.Answer = call.Answer;
        if (call.Answer.Status != AnswerStatus.Done
            || !Reply.IsDone(call.Answer, claim.Code, out ByteReader body, out _))
        {
            Forget(claim, ClaimState.Refused);
        }
        else if (ClaimAnswer.IsGranted(ref body, out ReadOnlySpan<byte> hold))
        {
            Hold(claim, call.Answer.Revision, hold);
        }
        else
        {
            claim.State = ClaimState.InLine;
            if (claim.Session!.Granted.Remove((claim.Slot, claim.Sequence), out (long Token, byte[] Value) granted))
            {
                Hold(claim, granted.Token, granted.Value);
            }
            else if (claim.Session.In(_topology!.ShardOf(claim.Slot)).Inbox is { } inbox
                && call.Answer.Revision <= inbox.WholeAt)
            {
                // An old answer: its turn may have come, and gone, before the inbox told what there is. Once more.
                TellAgain(inbox);
            }
        }
    }

    private void Hold(ClientClaim claim, long token, ReadOnlySpan<byte> value)
    {
        (claim.State, claim.Token, claim.Value) = (ClaimState.Held, token, value.ToArray());
        Changed.Add(claim);
    }

    /// <summary>The inbox says that the session holds this.</summary>
    private void Granted(ClientSession session, ClientSubscription inbox, in InboxEvent told)
    {
        (Slot, ulong Sequence) handle = HandleOf(told.Key);
        inbox.Whole?.Add(handle);
        if (!session.Claims.TryGetValue(handle, out ClientClaim? claim))
        {
            // Given up: the call that gives it back is under way.
            return;
        }

        switch (claim.State)
        {
            case ClaimState.InLine:
                Hold(claim, told.Revision, told.Value);
                break;
            case ClaimState.Asking:
                // Before the answer that it is in line, on another connection.
                session.Granted[handle] = (told.Revision, told.Value.ToArray());
                break;
        }
    }

    private void Gone(ClientSession session, ReadOnlySpan<byte> key)
    {
        (Slot, ulong Sequence) handle = HandleOf(key);
        session.Granted.Remove(handle);
        if (session.Claims.TryGetValue(handle, out ClientClaim? claim) && claim.State == ClaimState.Held)
        {
            Forget(claim, ClaimState.Lost);
        }
    }

    private static (Slot Slot, ulong Sequence) HandleOf(ReadOnlySpan<byte> key) =>
        (RecordKey.SlotOf(key), HoldKey.HandleOf(key).Sequence);

    /// <summary>All that the session holds or waits for in a shard has been told. What it held before and was not told
    /// is gone, unless it was granted since. What stood in line and was not told had its turn while nobody told of it:
    /// it is asked for anew.</summary>
    private void Reconcile(ClientSession session, ClientSubscription inbox, long revision)
    {
        if (inbox.Whole is not { } whole)
        {
            return;
        }

        (inbox.Whole, inbox.WholeAt) = (null, revision);
        foreach (ClientClaim claim in session.Claims.Values.ToArray())
        {
            if (_topology!.ShardOf(claim.Slot) != inbox.Shard || whole.Contains((claim.Slot, claim.Sequence)))
            {
                continue;
            }

            if (claim.State == ClaimState.Held && claim.Token <= revision)
            {
                Forget(claim, ClaimState.Lost);
            }
            else if (claim.State == ClaimState.InLine && claim.Answer.Revision <= revision)
            {
                session.Claims.Remove((claim.Slot, claim.Sequence));
                Ask(claim);
            }
        }
    }
}

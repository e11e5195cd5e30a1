using Concord.Encoding;
using Concord.Engines;
using Concord.Operations;
using Concord.Operations.Holds;
using Concord.Operations.Queues;

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

        // Of several the request has the last number.
        claim.Session!.Skip(claim.Count - 1);
        Call(claim.Call, _now);
        (claim.Sequence, claim.Left) = (claim.Call.Sequence, claim.Count);
        for (int i = 0; i < claim.Count; i++)
        {
            claim.Session.Claims.Add(HandleOf(claim, i), claim);
        }
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
        ClientCall? giveBack = wasAsked && !claim.Session!.IsLost ? NewGiveBack(claim) : null;
        Forget(claim, state);
        Abandon(asking);
        if (giveBack is not null)
        {
            Call(MayBeTooNew(claim) ? NewSettle(claim, giveBack) : giveBack, _now);
        }
    }

    private static ClientCall NewGiveBack(ClientClaim claim) => new()
    {
        Kind = CallKind.Execute,
        Slot = claim.Slot,
        Code = claim.IsSeveral ? OperationCode.GiveUpSeveral : OperationCode.Release,
        Body = claim.IsSeveral
            ? GiveUpSeveral.Arguments(claim.Root.Span, claim.Sequence, Unheard(claim))
            : ReleaseHold.Arguments(claim.Root.Span, claim.Sequence),
        IsNumbered = true,
        Session = claim.Session,
        Deadline = TimeSpan.MaxValue,
    };

    private void Forget(ClientClaim claim, ClaimState state)
    {
        claim.State = state;
        for (int i = 0; i < claim.Count; i++)
        {
            (Slot, ulong) handle = HandleOf(claim, i);
            if (claim.Session!.Claims.GetValueOrDefault(handle) == claim)
            {
                claim.Session.Claims.Remove(handle);
                claim.Session.Granted.Remove(handle);
            }
        }

        Changed.Add(claim);
    }

    /// <summary>The client ends, and its session with it: nobody is going to be granted what he waits for. With the
    /// session goes what is in line.</summary>
    public void StopClaims()
    {
        foreach (ClientClaim claim in Session.Claims.Values.Distinct().ToArray())
        {
            if (claim.IsWaiting)
            {
                Forget(claim, ClaimState.Stopped);
                Abandon(claim.Call!);
            }
        }
    }

    private void TickClaims()
    {
        _timed.RemoveAll(static claim => !claim.IsWaiting);
        foreach (ClientClaim claim in _timed.ToArray())
        {
            if (_now >= claim.Until)
            {
                GiveUp(claim, IsUnheard(claim) ? ClaimState.Failed : ClaimState.TimedOut);
            }
        }
    }

    /// <summary>Nobody has said that it is busy: there was nobody to ask, or no answer where one was to be
    /// expected.</summary>
    private bool IsUnheard(ClientClaim claim) => !claim.HasStoodInLine
        && (claim.Timeout >= _options.AttemptTimeout
            || _connections.Values.All(static connection => !connection.IsReady));

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
        if (claim.IsSeveral)
        {
            _knowSeveral.Add(ShardOf(claim));
        }

        if (call.Answer.Status != AnswerStatus.Done
            || !Reply.IsDone(call.Answer, claim.Code, out ByteReader body, out _))
        {
            Forget(claim, ClaimState.Refused);
        }
        else if (!claim.IsSeveral && ClaimAnswer.IsGranted(ref body, out ReadOnlySpan<byte> hold))
        {
            Hear(claim, claim.Sequence, call.Answer.Revision, hold);
        }
        else
        {
            WaitInLine(claim);
        }
    }
}

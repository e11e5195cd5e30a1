using Concord.Client.Wire;
using Concord.Encoding;
using Concord.Engines;
using Concord.Operations.Holds;
using Concord.Operations.Queues;

namespace Concord.Client.Routing;

/// <content>
/// What is heard of claims: by their answers, and by the inbox of the session, in any order. Of several that one
/// request asks for, each that is granted becomes a claim of its own.
/// </content>
internal sealed partial class ClientCore
{
    private void WaitInLine(ClientClaim claim)
    {
        claim.State = ClaimState.InLine;
        claim.HasStoodInLine = true;
        ClientSession session = claim.Session!;
        for (int before = claim.Count - 1; before >= 0 && claim.State == ClaimState.InLine; before--)
        {
            (Slot, ulong Sequence) handle = HandleOf(claim, before);
            if (session.Granted.Remove(handle, out (long Token, byte[]? Value) granted))
            {
                Hear(claim, handle.Sequence, granted.Token, granted.Value);
            }
        }

        if (claim.State == ClaimState.InLine
            && session.In(ShardOf(claim)).Inbox is { } inbox
            && claim.Answer.Revision <= inbox.WholeAt)
        {
            // An old answer: its turn may have come, and gone, before the inbox told what there is. Once more.
            TellAgain(inbox);
        }
    }

    /// <summary>A claim, or one of several, was granted.</summary>
    /// <param name="claim">What was asked for.</param>
    /// <param name="sequence">The number of what was granted.</param>
    /// <param name="token">The fencing token.</param>
    /// <param name="value">The hold's record; empty when it is gone already.</param>
    private void Hear(ClientClaim claim, ulong sequence, long token, ReadOnlySpan<byte> value)
    {
        ClientSession session = claim.Session!;
        (Slot, ulong) handle = (claim.Slot, sequence);
        bool isGone = value.IsEmpty
            || (session.Granted.Remove(handle, out (long, byte[]? Value) told) && told.Value is null);
        if (!claim.IsSeveral)
        {
            if (isGone)
            {
                session.Claims.Remove(handle);
                Ask(claim);
            }
            else
            {
                Hold(claim, token, value);
            }

            return;
        }

        session.Claims.Remove(handle);
        if (!isGone)
        {
            var one = new ClientClaim
            {
                Root = claim.Root,
                Code = claim.Code,
                Arguments = claim.Arguments,
                PartOf = claim,
                Owner = claim.Owner,
                Session = session,
                Sequence = sequence,
                Call = claim.Call,
            };
            session.Claims.Add(handle, one);
            Hold(one, token, value);
        }

        claim.Left--;
        if (claim.Left == 0)
        {
            Forget(claim, ClaimState.Filled);
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
        inbox.Whole?.TryAdd(handle, 0);
        if (!session.Claims.TryGetValue(handle, out ClientClaim? claim))
        {
            // Given up: the call that gives it back is under way.
            return;
        }

        switch (claim.State)
        {
            case ClaimState.InLine:
                Hear(claim, handle.Sequence, told.Revision, told.Value);
                break;
            case ClaimState.Asking:
                // Before the answer that it is in line, on another connection.
                session.Granted[handle] = (told.Revision, told.Value.ToArray());
                break;
        }
    }

    private static void InLine(ClientSession session, ClientSubscription inbox, in InboxEvent told)
    {
        (Slot, ulong) handle = HandleOf(told.Key);
        bool isSeveral = session.Claims.TryGetValue(handle, out ClientClaim? claim) && claim.IsSeveral;
        inbox.Whole?.TryAdd(handle, isSeveral ? ReceiveRequest.ReadPlace(told.Value).Left : 1);
    }

    private void Gone(ClientSession session, ReadOnlySpan<byte> key)
    {
        (Slot, ulong Sequence) handle = HandleOf(key);
        if (!session.Claims.TryGetValue(handle, out ClientClaim? claim))
        {
            return;
        }

        switch (claim.State)
        {
            case ClaimState.Held:
                Forget(claim, ClaimState.Lost);
                break;
            case ClaimState.Asking:
                // The answer that grants it, or says that it waits, is of before.
                session.Granted[handle] = (0, null);
                break;
        }
    }

    /// <summary>All that the session holds or waits for in a shard has been told. What it held before and was not told
    /// is gone, unless it was granted since. What stood in line and was not told had its turn while nobody told of
    /// it.</summary>
    private void Reconcile(ClientSession session, ClientSubscription inbox, long revision)
    {
        if (inbox.Whole is not { } whole)
        {
            return;
        }

        (inbox.Whole, inbox.WholeAt) = (null, revision);
        foreach (((Slot Slot, ulong Sequence) handle, ClientClaim claim) in session.Claims.ToArray())
        {
            if (ShardOf(claim) != inbox.Shard || whole.ContainsKey(handle))
            {
                continue;
            }

            // Of several the last ones stand in line, under the number of the request.
            int inLine = claim.IsSeveral ? whole.GetValueOrDefault(HandleOf(claim, 0)) : 0;
            if (claim.State == ClaimState.Held && claim.Token <= revision)
            {
                Forget(claim, ClaimState.Lost);
            }
            else if (claim.State == ClaimState.Asking
                && session.Granted.TryGetValue(handle, out (long Token, byte[]? Value) granted)
                && granted.Token <= revision)
            {
                session.Granted[handle] = (0, null);
            }
            else if (claim.State == ClaimState.InLine && claim.Answer.Revision <= revision
                && claim.Sequence - handle.Sequence >= (ulong)inLine)
            {
                Hear(claim, handle.Sequence, token: 0, value: default);
            }
        }
    }

    private static (Slot Slot, ulong Sequence) HandleOf(ReadOnlySpan<byte> key) =>
        (RecordKey.SlotOf(key), HoldKey.HandleOf(key).Sequence);

    /// <summary>The last of several but so many; of one claim there is the first alone.</summary>
    private static (Slot Slot, ulong Sequence) HandleOf(ClientClaim claim, int before) =>
        (claim.Slot, claim.Sequence - (ulong)before);

    /// <summary>Which of several were not heard of, as <see cref="GiveUpSeveral"/> names them.</summary>
    private static ulong Unheard(ClientClaim claim)
    {
        ulong unheard = 0;
        for (int i = 0; i < claim.Count; i++)
        {
            if (claim.Session!.Claims.GetValueOrDefault(HandleOf(claim, i)) == claim)
            {
                unheard |= 1UL << i;
            }
        }

        return unheard;
    }
}

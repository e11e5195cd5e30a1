using Concord.Client.Routing;
using Concord.Engines;
using Concord.Simulation.Nodes.Primitives;

namespace Concord.Simulation.Nodes;

/// <content>What the client holds, or has asked for.</content>
internal sealed partial class SimUser
{
    private readonly List<UserClaim> _claims = [];

    /// <summary>What it has asked for and not given up.</summary>
    public IReadOnlyList<UserClaim> Claims => _claims;

    /// <summary>Whether it holds what a request asked for, as far as it can know.</summary>
    public bool Believes(RequestKey request) => _claims.Any(
        claim => claim.IsHeld && claim.Claim.Handle == request && Now < Core.SessionDeadline);

    /// <summary>Asks for a hold.</summary>
    /// <param name="root">Of what.</param>
    /// <param name="claim">How.</param>
    /// <param name="held">What it does when it holds.</param>
    /// <param name="missed">What it does when it will never hold.</param>
    public UserClaim Claim(HeldRoot root, ClientClaim claim, Action<UserClaim> held, Action? missed = null)
    {
        var own = new UserClaim { Root = root, Claim = claim, Held = held, Missed = missed };
        _claims.Add(own);
        Core.Claim(claim, Now);
        Began(new() { What = $"{claim.Code} {root}", Invoked = _world.Now, Call = claim.Call! });
        return own;
    }

    /// <summary>Wants something no more.</summary>
    public void GiveUp(UserClaim claim)
    {
        Core.GiveUp(claim.Claim, Now);
        AfterEvent();
    }

    public void GiveUpAll()
    {
        foreach (UserClaim claim in _claims.ToArray())
        {
            GiveUp(claim);
        }
    }

    /// <summary>Ends a hold by an operation of its own.</summary>
    public void End(UserClaim claim, UserOperation operation)
    {
        Core.End(claim.Claim, operation.Call, Now);
        Began(operation);
    }

    private void NoticeClaims()
    {
        ClientClaim[] changed = [.. Core.Changed];
        Core.Changed.Clear();
        foreach (ClientClaim claim in changed)
        {
            if ((_claims.Find(one => one.Claim == claim) ?? OneOfSeveral(claim)) is { } own)
            {
                Notice(own);
            }
        }
    }

    /// <summary>One of several that is heard of for the first time.</summary>
    private UserClaim? OneOfSeveral(ClientClaim claim)
    {
        if (claim is not { PartOf: { } several, State: ClaimState.Held }
            || _claims.Find(one => one.Claim == several) is not { } asked)
        {
            return null;
        }

        _world.Faults.Count(FaultKind.SeveralReceived);
        var own = new UserClaim { Root = asked.Root, Claim = claim, Held = asked.Held };
        _claims.Add(own);
        return own;
    }

    private void Notice(UserClaim own)
    {
        _world.Trace.Add((ulong)_world.Now, (ulong)own.Claim.State, (ulong)own.Claim.Token);
        if (_world.KeepsText)
        {
            _world.Say($"client {Place}: {own.Root} {own.Claim.Handle} is {own.Claim.State}, {own.Claim.Token}");
        }

        if (own.IsHeld)
        {
            own.WasHeld = true;
            _world.Primitives.Beliefs.Held(this, own.Root, own.Claim);
            own.Held(own);
            return;
        }

        _claims.Remove(own);
        switch (own.Claim.State)
        {
            case ClaimState.TimedOut:
                _world.Faults.Count(FaultKind.ClaimTimedOut);
                break;
            case ClaimState.Refused:
                _world.Faults.Count(FaultKind.ClaimRefused);
                break;
            case ClaimState.Lost:
                _world.Faults.Count(FaultKind.HoldLost);
                break;
            case ClaimState.GivenUp when own.Claim.IsSeveral:
                _world.Faults.Count(FaultKind.SeveralGivenUp);
                break;
            case ClaimState.GivenUp:
                _world.Faults.Count(FaultKind.HoldGivenUp);
                break;
        }

        if (!own.WasHeld)
        {
            own.Missed?.Invoke();
        }
    }
}

using System.Diagnostics.CodeAnalysis;
using Concord.Client.Routing;
using Concord.Engines;

namespace Concord.Client.Connections;

/// <summary>A hold: lost with the session's lease, or when the engine says so, whichever is first.</summary>
[SuppressMessage(
    "Reliability", "CA1001", Justification = "Whoever was given the token may look at it for as long as he likes.")]
internal sealed class HeldClaim : EngineHold, IClaimOwner
{
    private readonly CancellationTokenSource _lost = new();
    private readonly SessionLease _lease;
    private int _isOver;

    public HeldClaim(ClientClaim claim, SessionLease lease)
    {
        Claim = claim;
        _lease = lease;
        Handle = claim.Handle;
        Token = claim.Token;
        Value = claim.Value;
        claim.Owner = this;
        lease.Add(this);
    }

    public ClientClaim Claim { get; }

    public override RequestKey Handle { get; }

    public override long Token { get; }

    public override ReadOnlyMemory<byte> Value { get; }

    public override IConcordSession Session => _lease;

    public override CancellationToken Lost => _lost.Token;

    /// <summary>Asks the lease first, which takes everything that it holds when its time is over.</summary>
    public override bool IsLost => (_isOver == 0 && _lease.IsLost) || _lost.IsCancellationRequested;

    public void Notice(ClientClaim claim, SessionLease lease)
    {
        if (claim.State == ClaimState.Lost)
        {
            Take();
        }
    }

    /// <summary>It is gone. The token is cancelled at once, and callbacks of users run on the pool.</summary>
    public void Take()
    {
        if (Interlocked.Exchange(ref _isOver, 1) == 0)
        {
            _lease.Remove(this);
            _ = _lost.CancelAsync();
        }
    }

    /// <summary>Its owner has ended it: from now on it cannot be lost.</summary>
    public void End()
    {
        if (Interlocked.Exchange(ref _isOver, 1) == 0)
        {
            _lease.Remove(this);
        }
    }
}

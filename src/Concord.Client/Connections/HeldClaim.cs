using Concord.Client.Routing;
using Concord.Engines;

namespace Concord.Client.Connections;

/// <summary>A hold: lost with the session's lease, when its own time is over, or when the engine says so, whichever is
/// first.</summary>
internal sealed class HeldClaim : EngineHold, IClaimOwner
{
    private readonly SessionLease _lease;
    private long _until = TimeSpan.MaxValue.Ticks;

    public HeldClaim(ClientClaim claim, SessionLease lease)
    {
        Claim = claim;
        _lease = lease;
        Handle = claim.Handle;
        Token = claim.Token;
        Value = claim.Value;
        claim.Owner = this;
        Return();
    }

    public ClientClaim Claim { get; }

    public override RequestKey Handle { get; }

    public override long Token { get; }

    public override ReadOnlyMemory<byte> Value { get; }

    public override IConcordSession Session => _lease;

    public override TimeSpan Left => Until == TimeSpan.MaxValue ? TimeSpan.MaxValue : Until - _lease.Now;

    /// <summary>When its own time is over, as the lease counts.</summary>
    public TimeSpan Until => new(Volatile.Read(ref _until));

    /// <summary>Asks the lease first, which takes everything that it holds when its time is over.</summary>
    protected override bool IsTimeOver => _lease.IsLost || Left <= TimeSpan.Zero;

    public override void Limit(TimeSpan time)
    {
        Volatile.Write(ref _until, (_lease.Now + time).Ticks);
        _lease.Limit(this);
    }

    public void Notice(ClientClaim claim, SessionLease lease)
    {
        if (claim.State == ClaimState.Lost)
        {
            Take();
        }
    }

    protected override void Leave() => _lease.Remove(this);

    protected override void Return() => _lease.Add(this);
}

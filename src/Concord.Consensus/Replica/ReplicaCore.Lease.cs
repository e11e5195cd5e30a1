namespace Concord.Consensus;

/// <content>
/// Reads without a round (thesis 6.4.1). Whoever confirms a round gives nobody else its vote for an election timeout
/// after the round reached it, so after it was sent: for that long, less what clocks may differ by, no other leader can
/// exist. The lease counts from when the round was sent and is checked at the moment of the read.
/// </content>
public abstract partial class ReplicaCore
{
    private const int RoundsRemembered = 64;

    private readonly TimeSpan[] _roundSentAt = new TimeSpan[RoundsRemembered];
    private bool _leaseForfeited;

    private void NoteRoundSent() => _roundSentAt[_readSequence % RoundsRemembered] = _now;

    private bool HoldsLease()
    {
        if (!_options.LeaderLease || _leaseForfeited || !HasCommittedInTerm)
        {
            return false;
        }

        ulong confirmed = ConfirmedRound();
        bool remembered = confirmed > 0 && _readSequence - confirmed < RoundsRemembered;
        return IsAloneToVote
            || (remembered && _now < _roundSentAt[confirmed % RoundsRemembered] + _options.LeaseDuration);
    }

    /// <summary>Once somebody was asked to stand the promises are void, and the request may arrive at any time: there
    /// is no lease any more in this term.</summary>
    private void ForfeitLease() => _leaseForfeited = true;

    private void ResetLease() => _leaseForfeited = false;
}

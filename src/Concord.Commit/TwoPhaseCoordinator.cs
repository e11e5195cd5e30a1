using System.Numerics;

namespace Concord.Commit;

/// <summary>
/// Drives one transaction through two-phase commit at the leader of its anchor: participants prepare first and in
/// parallel, the anchor goes last, in the one entry that also decides. Not thread-safe; holds nothing but a few words,
/// and may be reset and used again.
/// </summary>
/// <remarks>
/// The coordinator never decides. A decision is what the host found in the write-once register in the anchor's
/// replicated log: absent → Commit | Abort. Whoever writes first has decided, recovery included; so losing this object
/// at any moment costs time and nothing else.
/// </remarks>
public sealed class TwoPhaseCoordinator
{
    /// <summary>The most participants besides the anchor.</summary>
    public const int ParticipantsMax = 64;

    private readonly CommitOptions _options;
    private readonly CommitOutbox _outbox;

    // Sets of participants are bit masks by place.
    private ulong _everyone;
    private ulong _voted;
    private ulong _yes;
    private ulong _unacknowledged;

    private int _lowestRefusal;
    private Decision _decision;
    private bool _isRecorded;
    private bool _reported;
    private TimeSpan _giveUpAt;

    // Null from a change of what is asked until the next tick: events carry no time, so the clock starts there.
    private TimeSpan? _askAgainAt;

    /// <summary>A coordinator without a transaction.</summary>
    /// <param name="options">Times, and what may be presumed.</param>
    /// <param name="outbox">Where everything goes that is to be done. The host clears it after each event.</param>
    /// <exception cref="ArgumentOutOfRangeException">A time is not positive.</exception>
    public TwoPhaseCoordinator(CommitOptions options, CommitOutbox outbox)
    {
        ArgumentNullException.ThrowIfNull(options);
        ArgumentNullException.ThrowIfNull(outbox);
        options.Validate();
        _options = options;
        _outbox = outbox;
    }

    /// <summary>Where the transaction stands; <see cref="CoordinatorState.Ended"/> before the first reset.</summary>
    public CoordinatorState State { get; private set; } = CoordinatorState.Ended;

    /// <summary>Starts a transaction: asks every participant, or the anchor at once if there is none.</summary>
    /// <param name="participants">How many there are besides the anchor: 0 to <see cref="ParticipantsMax"/>.</param>
    /// <param name="now">The host's monotone time.</param>
    /// <exception cref="ArgumentOutOfRangeException">Too few or too many participants.</exception>
    public void Reset(int participants, TimeSpan now)
    {
        Start(participants, CoordinatorState.Preparing);
        _giveUpAt = now + _options.PrepareTimeout;
        _askAgainAt = now + _options.RetryInterval;
        Ask();
        ProposeIfComplete();
    }

    /// <summary>
    /// Takes up a commit that a former leader decided and did not see through: its record is in the anchor's log and
    /// has not been forgotten. Tells every participant until all acknowledged; reports nothing, since nobody waits
    /// here.
    /// </summary>
    /// <param name="participants">How many there are besides the anchor: 1 to <see cref="ParticipantsMax"/>.</param>
    /// <exception cref="ArgumentOutOfRangeException">Too few or too many participants.</exception>
    public void Resume(int participants)
    {
        ArgumentOutOfRangeException.ThrowIfZero(participants);
        Start(participants, CoordinatorState.Deciding);
        _reported = true;
        _isRecorded = true;
        Conclude(Decision.Commit);
    }

    /// <summary>A participant answered Prepare. The first answer counts; repeated and late ones are ignored.</summary>
    /// <param name="participant">Its place.</param>
    /// <param name="vote">Its answer.</param>
    /// <param name="refusalOrdinal">
    /// For <see cref="Vote.No"/>, the place, from 0, of the first action that refused; otherwise ignored.
    /// </param>
    /// <exception cref="ArgumentOutOfRangeException">
    /// No such participant or vote, or a refusal without ordinal.
    /// </exception>
    public void Voted(int participant, Vote vote, int refusalOrdinal = -1)
    {
        if (State != CoordinatorState.Preparing || (_voted & Bit(participant)) != 0)
        {
            return;
        }

        switch (vote)
        {
            case Vote.Yes:
                _yes |= Bit(participant);
                break;
            case Vote.No:
                ArgumentOutOfRangeException.ThrowIfNegative(refusalOrdinal);
                _lowestRefusal = Math.Min(_lowestRefusal, refusalOrdinal);
                break;
            case Vote.Conflict:
                _voted |= Bit(participant);
                GiveUp(AbortReason.Conflict);
                return;
            default:
                throw new ArgumentOutOfRangeException(nameof(vote), vote, "No such vote.");
        }

        _voted |= Bit(participant);
        ProposeIfComplete();
    }

    /// <summary>
    /// What the register holds, as applied from the anchor's log: the answer to the proposal, or what recovery wrote
    /// before. It wins over whatever was proposed. Repetitions are ignored.
    /// </summary>
    /// <param name="decision">The register.</param>
    /// <exception cref="CommitInvariantException">The register says something else than before, or a commit where an
    /// abort was presumed.</exception>
    public void Decided(Decision decision)
    {
        switch (State)
        {
            case CoordinatorState.Preparing or CoordinatorState.Deciding:
                _isRecorded = true;
                Report(Outcome.Of(decision, presumed: false));
                Conclude(decision);
                break;
            case CoordinatorState.Committed or CoordinatorState.Aborted:
                Invariant.Check(decision.IsCommit == _decision.IsCommit, "the register is written once");
                break;
            case CoordinatorState.Ended:
                break;
        }
    }

    /// <summary>A participant has made the resolution durable, or knows nothing of this transaction.</summary>
    /// <param name="participant">Its place.</param>
    /// <exception cref="ArgumentOutOfRangeException">No such participant.</exception>
    public void ResolutionAcknowledged(int participant)
    {
        if (State is CoordinatorState.Committed or CoordinatorState.Aborted)
        {
            _unacknowledged &= ~Bit(participant);
            EndIfAcknowledged();
        }
    }

    /// <summary>
    /// Time has passed: asks and tells the silent ones again, and gives up a prepare that takes too long.
    /// </summary>
    /// <param name="now">The host's monotone time.</param>
    public void Tick(TimeSpan now)
    {
        if (State == CoordinatorState.Preparing && now >= _giveUpAt)
        {
            GiveUp(AbortReason.Timeout);
        }
        else if (_askAgainAt is not { } due)
        {
            _askAgainAt = now + _options.RetryInterval;
        }
        else if (now >= due)
        {
            _askAgainAt = now + _options.RetryInterval;
            Ask();
        }
    }

    /// <summary>
    /// This replica no longer leads the anchor. A proposal may still be committed by the next leader, so whoever waits
    /// hears that the outcome is unknown, and nothing further is done: recovery will finish.
    /// </summary>
    public void AnchorLost()
    {
        if (State != CoordinatorState.Ended && !_reported)
        {
            Report(Outcome.Unknown);
        }

        State = CoordinatorState.Ended;
    }

    private void Start(int participants, CoordinatorState state)
    {
        ArgumentOutOfRangeException.ThrowIfNegative(participants);
        ArgumentOutOfRangeException.ThrowIfGreaterThan(participants, ParticipantsMax);
        Invariant.Check(State == CoordinatorState.Ended, "a coordinator is reset only after its transaction ended");
        _everyone = participants == 0 ? 0 : ulong.MaxValue >> (ParticipantsMax - participants);
        _voted = 0;
        _yes = 0;
        _unacknowledged = 0;
        _lowestRefusal = int.MaxValue;
        _decision = default;
        _isRecorded = false;
        _reported = false;
        _askAgainAt = null;
        State = state;
    }

    /// <summary>
    /// An answer rests on all votes: with one missing, a commit would not be safe, and the refusal that is named would
    /// depend on which vote was faster.
    /// </summary>
    private void ProposeIfComplete()
    {
        if (_voted == _everyone)
        {
            Propose(_yes == _everyone ? Decision.Commit : Decision.AbortWith(_lowestRefusal));
        }
    }

    private void Propose(Decision decision)
    {
        Invariant.Check(State == CoordinatorState.Preparing, "a run proposes one decision");
        Invariant.Check(!decision.IsCommit || _yes == _everyone, "a commit is proposed only after all voted yes");
        State = CoordinatorState.Deciding;
        _outbox.Proposal = decision;
    }

    /// <summary>
    /// Nothing was proposed, so absence in the log means abort: no entry is needed if this is the only run.
    /// </summary>
    private void GiveUp(AbortReason reason)
    {
        Decision abort = Decision.Abort(reason);
        if (!_options.PresumeAbort)
        {
            Propose(abort);
            return;
        }

        Invariant.Check(State == CoordinatorState.Preparing, "nothing is presumed after a decision was proposed");
        Report(Outcome.Of(abort, presumed: true));
        Conclude(abort);
    }

    /// <summary>
    /// A commit concerns everybody, whatever was heard here: the register knows that all were prepared. An abort
    /// concerns those that hold something or may come to hold it; who voted otherwise holds nothing.
    /// </summary>
    private void Conclude(Decision decision)
    {
        _decision = decision;
        State = decision.IsCommit ? CoordinatorState.Committed : CoordinatorState.Aborted;
        _unacknowledged = decision.IsCommit ? _everyone : _yes | (_everyone & ~_voted);
        _askAgainAt = null;
        Ask();
        EndIfAcknowledged();
    }

    /// <summary>Sends what the state has to say to everybody who has not answered it.</summary>
    private void Ask()
    {
        bool preparing = State == CoordinatorState.Preparing;
        for (ulong silent = preparing ? _everyone & ~_voted : _unacknowledged; silent != 0; silent &= silent - 1)
        {
            int participant = BitOperations.TrailingZeroCount(silent);
            if (preparing)
            {
                _outbox.Prepares.Add(participant);
            }
            else
            {
                Invariant.Check(!_decision.IsCommit || _isRecorded, "a commit is told only after the register said so");
                _outbox.Resolutions.Add(new(participant, _decision));
            }
        }
    }

    private void EndIfAcknowledged()
    {
        if (_unacknowledged == 0)
        {
            // Without participants the decision left no record of its own; an abort never leaves one.
            _outbox.Forget = State == CoordinatorState.Committed && _everyone != 0;
            State = CoordinatorState.Ended;
        }
    }

    private void Report(Outcome outcome)
    {
        Invariant.Check(!_reported, "an outcome is reported once");
        _reported = true;
        _outbox.Report = outcome;
    }

    private ulong Bit(int participant)
    {
        ArgumentOutOfRangeException.ThrowIfNegative(participant);
        ArgumentOutOfRangeException.ThrowIfGreaterThanOrEqual(participant, BitOperations.PopCount(_everyone));
        return 1UL << participant;
    }
}

namespace Concord.Commit;

/// <summary>Where a <see cref="TwoPhaseCoordinator"/> stands. It only ever moves down this list.</summary>
public enum CoordinatorState : byte
{
    /// <summary>
    /// Entered by <see cref="TwoPhaseCoordinator.Reset"/>. Participants are being asked; nothing has been proposed, so
    /// nothing but an abort can have happened to this run.
    /// </summary>
    Preparing,

    /// <summary>
    /// Entered when a decision was handed to the anchor's log. From here on only the register knows: nothing may be
    /// presumed, and nothing may be proposed a second time.
    /// </summary>
    Deciding,

    /// <summary>Entered when the register said Commit. Every participant is told until it acknowledges.</summary>
    Committed,

    /// <summary>
    /// Entered when the register said Abort, or by presumption from <see cref="Preparing"/> alone. Participants that
    /// may hold something are told until they acknowledge.
    /// </summary>
    Aborted,

    /// <summary>
    /// Entered when everybody acknowledged, or when the anchor was lost. Every event is ignored; the object may be
    /// reset.
    /// </summary>
    Ended,
}

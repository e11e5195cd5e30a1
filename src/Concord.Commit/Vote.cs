namespace Concord.Commit;

/// <summary>What a participant answers to Prepare.</summary>
public enum Vote : byte
{
    /// <summary>
    /// Its part is prepared, durably, and stays so until the decision is known. The participant may not undo it alone.
    /// </summary>
    Yes = 1,

    /// <summary>An action refused, as it would at every later time in this state; nothing is held.</summary>
    No = 2,

    /// <summary>
    /// Something transient is in the way; nothing is held. The client tries again as a new transaction.
    /// </summary>
    Conflict = 3,
}

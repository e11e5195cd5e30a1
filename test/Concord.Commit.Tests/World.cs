namespace Concord.Commit.Tests;

/// <summary>The register of the transaction at the anchor.</summary>
internal enum Register : byte
{
    Absent,
    Commit,
    Abort,
}

/// <summary>
/// One state of everything that matters to one transaction. Sets of participants are bit masks. A message, once sent,
/// stays in the network for ever and may be delivered at any time, any number of times, or never: that is loss,
/// duplication, delay and reordering at once, and makes the sending of it again uninteresting.
/// </summary>
internal readonly record struct World
{
    /// <summary>The state of the first run's coordinator, by its number in the automaton.</summary>
    public ushort First { get; init; }

    /// <summary>The state of the coordinator that a later leader runs, perhaps while the first still lives.</summary>
    public ushort Second { get; init; }

    /// <summary>Whether the later leader has run the transaction or taken up its commit.</summary>
    public bool SecondStarted { get; init; }

    public byte Prepares { get; init; }

    public byte VotedYes { get; init; }

    public byte VotedNo { get; init; }

    public byte VotedConflict { get; init; }

    public byte ResolvesCommit { get; init; }

    public byte ResolvesAbort { get; init; }

    public byte Acknowledgements { get; init; }

    /// <summary>A commit is on its way to the anchor's log, where it may be applied late or never.</summary>
    public bool ProposedCommit { get; init; }

    public bool ProposedAbort { get; init; }

    public Register Register { get; init; }

    /// <summary>The record of a commit was given back; only the request's session remembers it.</summary>
    public bool Forgotten { get; init; }

    /// <summary>Participants that hold their part, durably.</summary>
    public byte Prepared { get; init; }

    /// <summary>Participants at which the commit took effect.</summary>
    public byte Committed { get; init; }

    public bool ToldCommitted { get; init; }

    public bool ToldAborted { get; init; }

    /// <summary>The first rule that was broken on the way here.</summary>
    public string? Violation { get; init; }
}

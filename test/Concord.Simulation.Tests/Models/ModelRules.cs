namespace Concord.Simulation.Tests.Models;

/// <summary>How a proposer picks the value of a position from the promises that it counts.</summary>
internal enum Pick
{
    Highest,
    Lowest,
    Ignore,
}

/// <summary>The rules of the protocol, each of which the model can do without. As they stand here they are
/// sound.</summary>
internal sealed record ModelRules
{
    /// <summary>How many promises lead.</summary>
    public int LeadQuorum { get; init; } = 2;

    /// <summary>How many acceptances choose.</summary>
    public int ChooseQuorum { get; init; } = 2;

    /// <summary>A Prepare below the promise is refused.</summary>
    public bool PrepareChecksBallot { get; init; } = true;

    /// <summary>An Accept below the promise is refused.</summary>
    public bool AcceptChecksBallot { get; init; } = true;

    /// <summary>A position has the value of the highest ballot reported.</summary>
    public Pick Pick { get; init; } = Pick.Highest;

    /// <summary>Only promises of exactly the own ballot are counted.</summary>
    public bool PromisesAreOfOneBallot { get; init; } = true;

    /// <summary>A promise names what it leaves out because it is chosen.</summary>
    public bool PromiseNamesItsBase { get; init; } = true;

    /// <summary>Nothing is proposed where a promise says that something is chosen.</summary>
    public bool ProposerHeedsTheBase { get; init; } = true;

    /// <summary>A proposer that forgot everything begins a new ballot.</summary>
    public bool BallotIsUsedOnce { get; init; } = true;

    /// <summary>A promise outlives the acceptor's crash.</summary>
    public bool PromiseIsDurable { get; init; } = true;

    /// <summary>What was acknowledged outlives the acceptor's crash.</summary>
    public bool VoteIsDurable { get; init; } = true;

    /// <summary>A hole below the highest position reported is filled.</summary>
    public bool HolesAreFilled { get; init; } = true;

    /// <summary>The leader's commit index makes only that chosen which was accepted in the leader's own
    /// ballot.</summary>
    public bool CommitIsOfOneBallot { get; init; } = true;
}

/// <summary>How large the world is.</summary>
/// <param name="Positions">One or two.</param>
/// <param name="Ballots">One to three.</param>
/// <param name="Snapshots">Acceptors may leave out of a promise what they know to be chosen.</param>
/// <param name="Learns">Acceptors may learn what is chosen from one another, whatever they have promised.</param>
internal sealed record ModelSize(int Positions, int Ballots, bool Snapshots = false, bool Learns = false);

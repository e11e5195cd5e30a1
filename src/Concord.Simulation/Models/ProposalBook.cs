namespace Concord.Simulation.Models;

/// <summary>
/// What was ever proposed in a run. A ballot belongs to one candidacy of one proposer, also across restarts, and has
/// one value at a position. A check returns the name of the broken rule, or null.
/// </summary>
internal sealed class ProposalBook
{
    /// <summary>A ballot was begun a second time.</summary>
    public const string BallotReused = "ballot-is-used-once";

    /// <summary>A ballot proposes that nobody has begun.</summary>
    public const string NotBegun = "proposal-is-of-a-begun-ballot";

    /// <summary>A ballot proposed two values at one position.</summary>
    public const string TwoProposals = "one-proposal-per-ballot-and-position";

    /// <summary>What was accepted had not been proposed.</summary>
    public const string NotProposed = "accepted-was-proposed";

    private readonly HashSet<ulong> _begun = [];
    private readonly Dictionary<(ulong Ballot, ulong Position), ulong> _proposed = [];

    /// <summary>Somebody stands with a ballot; repeating its messages does not begin it again.</summary>
    public string? Begin(ulong ballot) => _begun.Add(ballot) ? null : BallotReused;

    /// <summary>A leader proposes, or repeats a proposal.</summary>
    public string? Propose(ulong ballot, ulong position, ulong value)
    {
        if (!_begun.Contains(ballot))
        {
            return NotBegun;
        }

        bool isOnly = _proposed.TryAdd((ballot, position), value) || _proposed[(ballot, position)] == value;
        return isOnly ? null : TwoProposals;
    }

    /// <summary>Somebody accepts.</summary>
    public string? Accept(ulong position, AcceptedValue accepted) =>
        _proposed.TryGetValue((accepted.Stamp, position), out ulong value) && value == accepted.Value
            ? null
            : NotProposed;
}

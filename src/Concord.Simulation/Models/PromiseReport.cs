namespace Concord.Simulation.Models;

/// <summary>A promise as the proposer counts it, with all its chunks.</summary>
/// <param name="Acceptor">Who promises.</param>
/// <param name="Ballot">Which ballot it is for, exactly.</param>
/// <param name="From">The position that the proposer asked from.</param>
/// <param name="Base">Up to here the acceptor knows everything to be chosen, and leaves it out.</param>
/// <param name="Accepted">What it has accepted from <paramref name="From"/> on and behind <paramref
/// name="Base"/>.</param>
internal sealed record PromiseReport(
    int Acceptor, ulong Ballot, ulong From, ulong Base, IReadOnlyDictionary<ulong, AcceptedValue> Accepted)
{
    /// <summary>What it says of <paramref name="position"/>, or none.</summary>
    public AcceptedValue At(ulong position) => Accepted.GetValueOrDefault(position);
}

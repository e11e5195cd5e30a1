using Concord.Consensus;

namespace Concord.Simulation.Pictures;

/// <summary>A stamp as a number of the page: a term as it is, a ballot with its round and its node. Rounds begin with
/// 1, so that ballots begin with 2^16, and no run has so many terms.</summary>
internal static class StampNumber
{
    public static long Of(Stamp stamp) => stamp.Owner.IsNone ? (long)stamp.Term : (long)stamp.Value;
}

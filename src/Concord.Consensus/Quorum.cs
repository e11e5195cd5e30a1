using System.Numerics;

namespace Concord.Consensus;

/// <summary>
/// A set of voters and how many of them decide. Voters are bits by place in the <see cref="Membership"/>. An election
/// needs <see cref="ElectionSize"/> of them, a commit or a confirmation <see cref="CommitSize"/>; the two overlap, so
/// that whoever is elected has met somebody who holds what was committed (Howard, Malkhi and Spiegelman 2016).
/// </summary>
/// <param name="Voters">Who may vote.</param>
/// <param name="ElectionSize">How many elect. More than half: in Raft two candidates of one term must not both
/// win.</param>
/// <param name="CommitSize">How many commit.</param>
internal readonly record struct Quorum(ulong Voters, int ElectionSize, int CommitSize)
{
    /// <summary>The quorum of <paramref name="voters"/>.</summary>
    /// <param name="voters">A bit for each.</param>
    /// <param name="commitSize">How many commit, at most a majority; zero for a majority.</param>
    public static Quorum Of(ulong voters, int commitSize)
    {
        int count = BitOperations.PopCount(voters);
        int majority = (count / 2) + 1;
        int commit = commitSize == 0 ? majority : Math.Min(commitSize, majority);
        return new(voters, Math.Max(majority, count - commit + 1), commit);
    }

    /// <summary>Whether <paramref name="votes"/> elect.</summary>
    public bool IsElectedBy(ulong votes) => Voters != 0 && BitOperations.PopCount(votes & Voters) >= ElectionSize;

    /// <summary>Whether those in <paramref name="members"/> suffice for a commit or a confirmation.</summary>
    public bool IsReachedBy(ulong members) => Voters != 0 && BitOperations.PopCount(members & Voters) >= CommitSize;

    /// <summary>
    /// The greatest number that enough voters have reached. Sorted anew each time: a tally kept over changes is where
    /// other implementations went wrong, and with at most 16 voters the sort costs nothing.
    /// </summary>
    /// <param name="numbers">What each member has reached, by place.</param>
    public ulong Reached(ReadOnlySpan<ulong> numbers)
    {
        if (Voters == 0)
        {
            return 0;
        }

        Span<ulong> sorted = stackalloc ulong[Membership.VotersMax];
        int count = 0;
        for (ulong rest = Voters; rest != 0; rest &= rest - 1)
        {
            ulong number = numbers[BitOperations.TrailingZeroCount(rest)];
            int at = count++;
            for (; at > 0 && sorted[at - 1] < number; at--)
            {
                sorted[at] = sorted[at - 1];
            }

            sorted[at] = number;
        }

        return sorted[CommitSize - 1];
    }
}

using System.Numerics;

namespace Concord.Consensus;

/// <summary>Votes of which any two winning sets share a member. Sets of voters are bit masks by place in the
/// membership.</summary>
internal readonly record struct MajorityQuorum(int Voters)
{
    /// <summary>The fewest voters that make a majority.</summary>
    public int Size => (Voters / 2) + 1;

    /// <summary>Whether the voters in <paramref name="votes"/> are a majority.</summary>
    public bool IsWon(ulong votes) => BitOperations.PopCount(votes) >= Size;

    /// <summary>
    /// The greatest place that a majority has reached. Sorted anew each time: a tally kept over changes is where other
    /// implementations went wrong, and with at most 16 voters the sort costs nothing.
    /// </summary>
    public LogIndex Reached(ReadOnlySpan<LogIndex> places)
    {
        Invariant.Check(places.Length == Voters, "every voter has a place");
        Span<LogIndex> sorted = stackalloc LogIndex[Membership.VotersMax];
        for (int i = 0; i < places.Length; i++)
        {
            int at = i;
            for (; at > 0 && sorted[at - 1] < places[i]; at--)
            {
                sorted[at] = sorted[at - 1];
            }

            sorted[at] = places[i];
        }

        return sorted[Size - 1];
    }

    /// <summary>The greatest number that a majority has reached.</summary>
    public ulong Reached(ReadOnlySpan<ulong> numbers)
    {
        Span<LogIndex> places = stackalloc LogIndex[numbers.Length];
        for (int i = 0; i < numbers.Length; i++)
        {
            places[i] = new(numbers[i]);
        }

        return Reached(places).Value;
    }
}

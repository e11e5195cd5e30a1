using Concord.Consensus;

namespace Concord.Simulation.Consensus;

/// <summary>
/// Who decides, counted once more and in the dullest way there is: the rules must not trust the counting that they
/// check. Replicas are bits by place, which is their number less one.
/// </summary>
internal static class Electorate
{
    public static int PlaceOf(NodeId node) => node.Value - 1;

    public static ulong BitOf(int place) => 1UL << place;

    public static ulong BitOf(NodeId node) => BitOf(PlaceOf(node));

    /// <summary>Whether these replicas commit an entry: so many of the voters, and of the old ones if there
    /// are.</summary>
    public static bool Commits(Membership membership, ulong replicas) =>
        Count(membership.Voters, replicas) >= NeededToCommit(membership.Voters.Count, membership.CommitSize)
        && (membership.Outgoing.Count == 0
            || Count(membership.Outgoing, replicas)
                >= NeededToCommit(membership.Outgoing.Count, membership.OutgoingCommitSize));

    /// <summary>Whether these replicas elect a leader.</summary>
    public static bool Elects(Membership membership, ulong replicas) =>
        Count(membership.Voters, replicas) >= NeededToElect(membership.Voters.Count, membership.CommitSize)
        && (membership.Outgoing.Count == 0
            || Count(membership.Outgoing, replicas)
                >= NeededToElect(membership.Outgoing.Count, membership.OutgoingCommitSize));

    public static int Count(IReadOnlyList<NodeId> voters, ulong replicas)
    {
        int count = 0;
        for (int i = 0; i < voters.Count; i++)
        {
            if ((replicas & BitOf(voters[i])) != 0)
            {
                count++;
            }
        }

        return count;
    }

    public static string Tell(Membership membership, ulong replicas)
    {
        IEnumerable<NodeId> named = membership.Members.Where(node => (replicas & BitOf(node)) != 0);
        return $"{string.Join(' ', named)} of {membership}";
    }

    // Nobody is no quorum of nobody: a count of one is the least.
    private static int NeededToCommit(int voters, int commitSize) => commitSize > 0 ? commitSize : (voters / 2) + 1;

    /// <summary>More than half, and so many that those who are left over are too few to commit.</summary>
    private static int NeededToElect(int voters, int commitSize)
    {
        int most = (voters / 2) + 1;
        int meetsEveryCommit = voters - NeededToCommit(voters, commitSize) + 1;
        return most > meetsEveryCommit ? most : meetsEveryCommit;
    }
}

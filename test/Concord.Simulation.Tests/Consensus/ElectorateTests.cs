using Concord.Consensus;
using Concord.Simulation.Consensus;

namespace Concord.Simulation.Tests.Consensus;

/// <summary>The rules count for themselves; here both ways of counting meet.</summary>
public sealed class ElectorateTests
{
    [Fact]
    public void It_counts_as_the_core_does()
    {
        foreach (Membership membership in Memberships())
        {
            for (ulong places = 0; places < 1 << 7; places++)
            {
                ulong members = 0;
                for (int i = 0; i < membership.Members.Count; i++)
                {
                    bool isThere = (places & Electorate.BitOf(membership.Members[i])) != 0;
                    members |= isThere ? 1UL << i : 0;
                }

                Assert.Equal(membership.Quorum.IsReachedBy(members), Electorate.Commits(membership, places));
                Assert.Equal(membership.Quorum.IsElectedBy(members), Electorate.Elects(membership, places));
            }
        }
    }

    [Fact]
    public void Who_elects_has_met_who_commits_and_who_elects()
    {
        foreach (Membership membership in Memberships())
        {
            for (ulong electing = 0; electing < 1 << 7; electing++)
            {
                // Nobody else can commit or elect without one of those who elect.
                if (Electorate.Elects(membership, electing))
                {
                    ulong others = ~electing & ((1 << 7) - 1);
                    Assert.False(Electorate.Commits(membership, others), $"{membership}: {others:b}");
                    Assert.False(Electorate.Elects(membership, others), $"{membership}: {others:b}");
                }
            }
        }
    }

    [Fact]
    public void Nobody_elects_in_a_group_of_nobody()
    {
        Assert.False(Electorate.Elects(Membership.None, ulong.MaxValue));
        Assert.False(Electorate.Commits(Membership.None, ulong.MaxValue));
    }

    private static IEnumerable<Membership> Memberships()
    {
        for (int voters = 1; voters <= 7; voters++)
        {
            NodeId[] nodes = [.. Enumerable.Range(1, voters).Select(static number => new NodeId((ushort)number))];
            for (int size = 0; size <= (voters / 2) + 1; size++)
            {
                yield return new(nodes, null, size);
                Membership next = new(nodes.Skip(1).Append(new(7)).Distinct().DefaultIfEmpty(new(6)));
                yield return new Membership(nodes, null, size).JointWith(next);
            }
        }
    }
}

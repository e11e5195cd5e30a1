namespace Concord.Consensus.Tests;

/// <summary>The arithmetic of majorities against the definition of a majority.</summary>
public sealed class MajorityQuorumTests
{
    [Fact]
    public void Fifty_thousand_random_places_are_reached_as_the_definition_says()
    {
        var random = new Random(20_240);
        for (int i = 0; i < 50_000; i++)
        {
            int voters = 1 + random.Next(Membership.VotersMax);
            ulong[] numbers = [.. Enumerable.Range(0, voters).Select(_ => (ulong)random.Next(6))];
            LogIndex[] places = [.. numbers.Select(static number => new LogIndex(number))];
            var quorum = new MajorityQuorum(voters);

            ulong expected =
                numbers.Max(number =>
                    Array.FindAll(numbers, other => other >= number).Length * 2 > voters ? number : 0);

            Assert.Equal(expected, quorum.Reached(places).Value);
            Assert.Equal(expected, quorum.Reached(numbers));
        }
    }

    [Fact]
    public void What_is_reached_is_the_greatest_number_that_all_of_some_winning_set_have()
    {
        var random = new Random(1);
        for (int i = 0; i < 300; i++)
        {
            ulong[] numbers = [.. Enumerable.Range(0, 1 + random.Next(7)).Select(_ => (ulong)random.Next(20))];

            Assert.Equal(ReachedByDefinition(numbers), new MajorityQuorum(numbers.Length).Reached(numbers));
        }
    }

    [Fact]
    public void Any_two_winning_sets_share_a_voter_and_no_smaller_set_wins()
    {
        for (int voters = 1; voters <= 9; voters++)
        {
            var quorum = new MajorityQuorum(voters);
            ulong[] winning = [.. Subsets(voters).Where(quorum.IsWon)];
            foreach (ulong set in winning)
            {
                Assert.All(winning, other => Assert.NotEqual(0UL, set & other));
            }

            ulong all = (1UL << voters) - 1;
            Assert.All(Subsets(voters), set =>
                Assert.True(quorum.IsWon(set) || quorum.IsWon(all & ~set) || voters % 2 == 0));
        }
    }

    [Theory]
    [InlineData(1, 1)]
    [InlineData(2, 2)]
    [InlineData(3, 2)]
    [InlineData(4, 3)]
    [InlineData(5, 3)]
    [InlineData(16, 9)]
    public void The_size_of_a_majority(int voters, int size) => Assert.Equal(size, new MajorityQuorum(voters).Size);

    [Fact]
    public void A_place_for_every_voter_is_asked_for() =>
        Assert.Throws<InvariantViolationException>(static () => new MajorityQuorum(3).Reached([1UL, 2UL]));

    [Fact]
    public void A_membership_names_each_voter_once()
    {
        Assert.Equal([new NodeId(1), new(2), new(9)], new Membership([new(9), new(1), new(2)]).Voters);
        Assert.Equal((1, -1),
            (new Membership([new(9), new(1)]).IndexOf(new(9)), new Membership([new(9)]).IndexOf(new(1))));
        Assert.Throws<ArgumentException>(static () => new Membership([]));
        Assert.Throws<ArgumentException>(static () => new Membership([new(1), new(1)]));
        Assert.Throws<ArgumentException>(static () => new Membership([NodeId.None, new(1)]));
        Assert.Throws<ArgumentException>(
            static () => new Membership(Enumerable.Range(1, 17).Select(static node => new NodeId((ushort)node))));
    }

    /// <summary>The greatest number for which some set of more than half of the voters has all reached it.</summary>
    private static ulong ReachedByDefinition(ulong[] numbers)
    {
        ulong best = 0;
        foreach (ulong set in Subsets(numbers.Length))
        {
            ulong[] members = [.. numbers.Where((_, place) => (set & (1UL << place)) != 0)];
            if (members.Length * 2 > numbers.Length)
            {
                best = Math.Max(best, members.Min());
            }
        }

        return best;
    }

    private static IEnumerable<ulong> Subsets(int voters)
    {
        for (ulong set = 0; set < 1UL << voters; set++)
        {
            yield return set;
        }
    }
}

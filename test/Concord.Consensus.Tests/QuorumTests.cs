namespace Concord.Consensus.Tests;

/// <summary>The arithmetic of quorums against its definition.</summary>
public sealed class QuorumTests
{
    [Fact]
    public void Fifty_thousand_random_places_are_reached_as_the_definition_says()
    {
        var random = new Random(20_240);
        for (int i = 0; i < 50_000; i++)
        {
            int members = 1 + random.Next(Membership.VotersMax);
            ulong voters = RandomVoters(random, members);
            ulong[] numbers = [.. Enumerable.Range(0, members).Select(_ => (ulong)random.Next(6))];
            Quorum quorum = Quorum.Of(voters, random.Next((Places(voters).Length / 2) + 2));

            Assert.Equal(ReachedByDefinition(quorum, numbers), quorum.Reached(numbers));
        }
    }

    [Fact]
    public void A_joint_quorum_is_reached_when_both_are()
    {
        var random = new Random(7);
        for (int i = 0; i < 20_000; i++)
        {
            int members = 1 + random.Next(9);
            JointQuorum joint = JointQuorum.Of(RandomVoters(random, members), 0, RandomVoters(random, members), 0);
            ulong[] numbers = [.. Enumerable.Range(0, members).Select(_ => (ulong)random.Next(6))];
            ulong votes = (ulong)random.Next(1 << members);

            Assert.Equal(
                Math.Min(
                    ReachedByDefinition(joint.Incoming, numbers), ReachedByDefinition(joint.Outgoing!.Value, numbers)),
                joint.Reached(numbers));
            Assert.Equal(
                Elects(joint.Incoming, votes) && Elects(joint.Outgoing!.Value, votes), joint.IsElectedBy(votes));
        }
    }

    [Fact]
    public void Any_two_that_elect_share_a_voter_and_any_that_elects_shares_one_with_any_that_commits()
    {
        for (int voters = 1; voters <= 9; voters++)
        {
            for (int commitSize = 0; commitSize <= (voters / 2) + 1; commitSize++)
            {
                Quorum quorum = Quorum.Of((1UL << voters) - 1, commitSize);

                Assert.True(quorum.ElectionSize * 2 > voters, $"two leaders of {voters} in one term: {quorum}");
                Assert.True(quorum.ElectionSize + quorum.CommitSize > voters, $"elected without meeting: {quorum}");
                Assert.InRange(quorum.CommitSize, 1, voters);
                Assert.InRange(quorum.ElectionSize, 1, voters);
            }
        }
    }

    [Theory]
    [InlineData(1, 1)]
    [InlineData(2, 2)]
    [InlineData(3, 2)]
    [InlineData(4, 3)]
    [InlineData(5, 3)]
    [InlineData(16, 9)]
    public void The_size_of_a_majority(int voters, int size)
    {
        Quorum quorum = Quorum.Of((1UL << voters) - 1, commitSize: 0);

        Assert.Equal((size, size), (quorum.ElectionSize, quorum.CommitSize));
    }

    [Fact]
    public void Those_who_do_not_vote_do_not_count()
    {
        Quorum quorum = Quorum.Of(0b0111, commitSize: 0);

        Assert.False(quorum.IsElectedBy(0b1001));
        Assert.True(quorum.IsElectedBy(0b1011));
        Assert.False(quorum.IsReachedBy(0b1001));
        Assert.Equal(2UL, quorum.Reached([1UL, 2UL, 3UL, 9UL]));
    }

    [Fact]
    public void Nobody_elects_nobody_and_reaches_nothing()
    {
        Quorum nobody = Quorum.Of(0, commitSize: 0);

        Assert.False(nobody.IsElectedBy(ulong.MaxValue));
        Assert.False(nobody.IsReachedBy(ulong.MaxValue));
        Assert.Equal(0UL, nobody.Reached([5UL]));
    }

    private static ulong RandomVoters(Random random, int members) => 1 + (ulong)random.Next((1 << members) - 1);

    private static bool Elects(Quorum quorum, ulong votes) =>
        Places(quorum.Voters & votes).Length >= quorum.ElectionSize;

    /// <summary>The greatest number that so many voters as commit have all reached.</summary>
    private static ulong ReachedByDefinition(Quorum quorum, ulong[] numbers)
    {
        ulong[] ofVoters = [.. Places(quorum.Voters).Select(place => numbers[place])];
        return ofVoters.Where(number => ofVoters.Count(other => other >= number) >= quorum.CommitSize)
            .DefaultIfEmpty().Max();
    }

    private static int[] Places(ulong voters) =>
        [.. Enumerable.Range(0, 64).Where(place => (voters & (1UL << place)) != 0)];
}

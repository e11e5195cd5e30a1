namespace Concord.Consensus.Tests;

/// <summary>Who belongs to a group, as a value and as bytes.</summary>
public sealed class MembershipTests
{
    [Fact]
    public void Each_member_is_named_once_and_a_voter_is_no_learner()
    {
        Assert.Equal([new NodeId(1), new(2), new(9)], new Membership([new(9), new(1), new(2)]).Voters);
        Assert.Equal((1, -1),
            (new Membership([new(9), new(1)]).IndexOf(new(9)), new Membership([new(9)]).IndexOf(new(1))));
        Assert.Throws<ArgumentException>(static () => new Membership([]));
        Assert.Throws<ArgumentException>(static () => new Membership([new(1), new(1)]));
        Assert.Throws<ArgumentException>(static () => new Membership([NodeId.None, new(1)]));
        Assert.Throws<ArgumentException>(static () => new Membership([new(1)], [new(1)]));
        Assert.Throws<ArgumentException>(static () => Replica.Voters(17));
    }

    [Theory]
    [InlineData(5, 3, true)]
    [InlineData(5, 1, true)]
    [InlineData(5, 4, false)]
    [InlineData(5, -1, false)]
    public void A_commit_size_is_at_most_a_majority(int voters, int commitSize, bool allowed)
    {
        IEnumerable<NodeId> nodes = Replica.Voters(voters).Voters;

        if (allowed)
        {
            Assert.Equal(commitSize, new Membership(nodes, commitSize: commitSize).CommitSize);
        }
        else
        {
            Assert.Throws<ArgumentException>(() => new Membership(nodes, commitSize: commitSize));
        }
    }

    [Fact]
    public void A_joint_membership_keeps_the_old_commit_size_for_the_old_voters()
    {
        Membership old = new([new(1), new(2), new(3), new(4), new(5)], commitSize: 2);
        Membership target = new([new(1), new(2), new(3)], [new(4)]);

        Membership joint = old.JointWith(target);

        Assert.True(joint.IsJoint);
        Assert.True(joint.IsVoter(new(4)), "an old voter votes to the end, although it will be a learner");
        Assert.Equal((2, 4), (joint.Quorum.Outgoing!.Value.CommitSize, joint.Quorum.Outgoing!.Value.ElectionSize));
        Assert.Equal((2, 2), (joint.Quorum.Incoming.CommitSize, joint.Quorum.Incoming.ElectionSize));
        Assert.Equal(target, joint.Final());
    }

    [Fact]
    public void Nobody_is_elected_by_nobody()
    {
        Assert.Empty(Membership.None.Members);
        Assert.False(Membership.None.Quorum.IsElectedBy(ulong.MaxValue));
    }

    [Fact]
    public void A_thousand_random_memberships_survive_their_bytes()
    {
        var random = new Random(3);
        for (int i = 0; i < 1_000; i++)
        {
            Membership membership = RandomMembership(random);

            Assert.Equal(membership, MembershipCodec.TryDecode(MembershipCodec.Encode(membership)));
        }
    }

    [Fact]
    public void Bytes_that_are_no_membership_are_refused_and_never_throw()
    {
        var random = new Random(4);
        byte[] whole = MembershipCodec.Encode(RandomMembership(random));
        for (int length = 0; length < whole.Length; length++)
        {
            Assert.Null(MembershipCodec.TryDecode(whole.AsSpan(0, length)));
        }

        for (int i = 0; i < 20_000; i++)
        {
            byte[] broken = (byte[])whole.Clone();
            broken[random.Next(broken.Length)] = (byte)random.Next(256);
            if (MembershipCodec.TryDecode(broken) is { } read)
            {
                Assert.Equal(broken, MembershipCodec.Encode(read));
            }
        }
    }

    private static Membership RandomMembership(Random random)
    {
        NodeId[] nodes = [.. Replica.Voters(16).Voters];
        random.Shuffle(nodes);
        int voters = 1 + random.Next(9);
        int learners = random.Next(5);
        Membership target = new(nodes[..voters], nodes[voters..(voters + learners)], random.Next((voters / 2) + 2));
        return random.Next(2) == 0 ? target : new Membership(nodes[4..(5 + random.Next(9))]).JointWith(target);
    }
}

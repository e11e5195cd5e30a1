using Concord.Consensus;
using Concord.Simulation.Consensus;

namespace Concord.Simulation.Tests.Consensus;

public sealed class MemberWishTests
{
    private static readonly Membership s_now = new(Nodes(1, 2, 3), Nodes(4), commitSize: 2);

    [Fact]
    public void Wishes_say_who_belongs_to_the_group_in_the_end()
    {
        AssertBecomes(new(Nodes(1, 2, 3), Nodes(4, 5), 2), new(WishKind.AddLearner, new(5)));
        AssertBecomes(new(Nodes(1, 2, 3, 4), [], 2), new(WishKind.Promote, new(4)));
        AssertBecomes(new(Nodes(1, 3), Nodes(2, 4), 2), new(WishKind.Demote, new(2)));
        AssertBecomes(new(Nodes(1, 3), Nodes(4), 2), new(WishKind.Remove, new(2)));
        AssertBecomes(new(Nodes(1, 3, 4), [], 2), new(WishKind.Replace, new(2), new(4)));
        AssertBecomes(new(Nodes(1, 2, 3), Nodes(4), 1), new(WishKind.CommitSize, default, default, 1));
    }

    [Fact]
    public void A_wish_that_came_true_or_lost_its_sense_is_none()
    {
        Assert.Null(new MemberWish(WishKind.AddLearner, new(4)).Of(s_now));
        Assert.Null(new MemberWish(WishKind.Promote, new(1)).Of(s_now));
        Assert.Null(new MemberWish(WishKind.Demote, new(4)).Of(s_now));
        Assert.Null(new MemberWish(WishKind.Remove, new(9)).Of(s_now));
        Assert.Null(new MemberWish(WishKind.Replace, new(2), new(3)).Of(s_now));
        Assert.Null(new MemberWish(WishKind.Remove, new(1)).Of(new(Nodes(1))));
    }

    [Fact]
    public void A_commit_size_that_no_longer_fits_gives_way_to_the_majority()
    {
        Membership two = new(Nodes(1, 2), null, 2);
        Assert.Equal(new(Nodes(1)), new MemberWish(WishKind.Remove, new(2)).Of(two));
    }

    private static void AssertBecomes(Membership expected, MemberWish wish) => Assert.Equal(expected, wish.Of(s_now));

    private static NodeId[] Nodes(params ushort[] numbers) => [.. numbers.Select(static number => new NodeId(number))];
}

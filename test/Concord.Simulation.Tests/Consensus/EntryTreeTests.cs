using Concord.Consensus;
using Concord.Simulation.Consensus;

namespace Concord.Simulation.Tests.Consensus;

public sealed class EntryTreeTests
{
    [Fact]
    public void The_same_entry_is_the_same_object()
    {
        EntryTree tree = new();
        LogEntry first = tree.Intern(null, 1, Stamp.FromTerm(1), EntryKind.Command, [1]);
        Assert.Same(first, tree.Intern(null, 1, Stamp.FromTerm(1), EntryKind.Command, [1]));
        Assert.NotSame(first, tree.Intern(null, 1, Stamp.FromTerm(2), EntryKind.Command, [1]));
    }

    [Fact]
    public void Two_commands_at_one_place_in_one_term_are_a_violation()
    {
        EntryTree tree = new();
        tree.Intern(null, 1, Stamp.FromTerm(1), EntryKind.Command, [1]);
        Assert.Throws<ViolatedException>(() => tree.Intern(null, 1, Stamp.FromTerm(1), EntryKind.Command, [2]));
    }

    [Fact]
    public void Two_pasts_of_one_entry_are_a_violation()
    {
        EntryTree tree = new();
        LogEntry one = tree.Intern(null, 1, Stamp.FromTerm(1), EntryKind.Command, [1]);
        LogEntry other = tree.Intern(null, 1, Stamp.FromTerm(2), EntryKind.Command, [1]);
        tree.Intern(one, 2, Stamp.FromTerm(3), EntryKind.Command, [1]);
        Assert.Throws<ViolatedException>(() => tree.Intern(other, 2, Stamp.FromTerm(3), EntryKind.Command, [1]));
    }
}

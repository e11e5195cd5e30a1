using System.Reflection;

namespace Concord.Consensus.Tests;

/// <summary>
/// Mistakes that other implementations made and paid for, each kept away by a test that fails without the rule. They
/// are numbered in docs/protocols/raft.md; those of the disk and of sessions stand in Concord.Cluster.Tests.
/// </summary>
public sealed class PitfallTests
{
    private const int Last = 39;

    private static readonly int[] s_ofTheNode = [23, 24, 25, 29];

    [Fact]
    public void Every_pitfall_of_the_core_has_a_test()
    {
        IEnumerable<int> numbers =
            from type in Assembly.GetExecutingAssembly().GetTypes()
            where type.Name.StartsWith("PitfallTests", StringComparison.Ordinal)
            from method in type.GetMethods()
            from pitfall in method.GetCustomAttributes<PitfallAttribute>()
            where method.GetCustomAttribute<FactAttribute>() is not null
            select pitfall.Number;

        Assert.Equal(Enumerable.Range(1, Last).Except(s_ofTheNode), numbers.Distinct().Order());
    }
}

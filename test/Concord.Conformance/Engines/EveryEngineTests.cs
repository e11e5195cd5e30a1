using Concord.Conformance.Cases;

namespace Concord.Conformance.Engines;

/// <summary>What the guides promise is the same everywhere, so the cases are too: each guide has a class of cases,
/// named after it, and each engine has them all.</summary>
public sealed class EveryEngineTests
{
    /// <summary>They are not about what a primitive promises on every engine: see <c>Hosts</c>, and the tests of
    /// <c>Concord.Testing</c>, <c>Concord.Cli</c> and <c>Concord.Simulation</c>.</summary>
    private static readonly string[] s_others = ["histories", "hosting", "operations", "simulation", "testing"];

    public static TheoryData<string> Guides =>
    [
        .. Directory.GetFiles(Path.Combine(FindRoot(), "docs", "guides"), "*.md")
            .Select(static file => Path.GetFileNameWithoutExtension(file))
            .Except(s_others)
            .Order(StringComparer.Ordinal),
    ];

    public static TheoryData<string> EngineNames =>
        ["OnInMemory", "OnPureClient", "OnSingleNode", "OnThreeNodesPaxos", "OnThreeNodesRaft"];

    [Theory]
    [MemberData(nameof(Guides))]
    public void A_guide_has_its_cases(string guide) => Assert.Contains(
        Cases(), cases => string.Equals(cases.Name, $"{guide.TrimEnd('s')}Cases", StringComparison.OrdinalIgnoreCase));

    [Theory]
    [MemberData(nameof(EngineNames))]
    public void An_engine_has_all_cases(string engine)
    {
        IEnumerable<string> has = typeof(EveryEngineTests).Assembly.GetTypes()
            .Where(type => type.Namespace == $"Concord.Conformance.{engine}" && !NeedsStops(type.BaseType!))
            .Select(static type => type.BaseType!.Name);
        Assert.Equal(Cases().Select(static cases => cases.Name).Order(), has.Order());
    }

    /// <summary>An engine in memory has nothing to stop, and one that is stopped has nothing else to
    /// show.</summary>
    private static bool NeedsStops(Type? cases) =>
        cases == typeof(RestartCases) || cases == typeof(CrashCases) || cases == typeof(ShardCrashCases);

    private static IEnumerable<Type> Cases() => typeof(EveryEngineTests).Assembly.GetTypes().Where(
        static type => (type.IsSubclassOf(typeof(CaseBase)) || type.IsSubclassOf(typeof(FaultCaseBase)))
            && type.IsAbstract);

    private static string FindRoot()
    {
        DirectoryInfo? folder = new(AppContext.BaseDirectory);
        while (folder is not null && !File.Exists(Path.Combine(folder.FullName, "Concord.slnx")))
        {
            folder = folder.Parent;
        }

        return folder?.FullName ?? throw new InvalidOperationException("Concord.slnx is in no folder above the tests.");
    }
}

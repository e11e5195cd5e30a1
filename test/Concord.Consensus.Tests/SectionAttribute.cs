using Xunit.v3;

namespace Concord.Consensus.Tests;

/// <summary>The section of the Raft paper (or "thesis", or "figure 2") whose rule a test states. Filter: <c>-trait
/// Section=5.4.1</c>.</summary>
[AttributeUsage(AttributeTargets.Method, AllowMultiple = true)]
internal sealed class SectionAttribute(string section) : Attribute, ITraitAttribute
{
    public string Section { get; } = section;

    public IReadOnlyCollection<KeyValuePair<string, string>> GetTraits() => [new("Section", Section)];
}

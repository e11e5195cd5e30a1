using Xunit.v3;

namespace Concord.Cluster.Tests.Pitfalls;

/// <summary>The number of the mistake of another implementation that a test keeps away; the list is in
/// docs/protocols/raft.md.</summary>
[AttributeUsage(AttributeTargets.Method)]
internal sealed class PitfallAttribute(int number) : Attribute, ITraitAttribute
{
    public int Number { get; } = number;

    public IReadOnlyCollection<KeyValuePair<string, string>> GetTraits() => [new("Pitfall", $"{Number}")];
}

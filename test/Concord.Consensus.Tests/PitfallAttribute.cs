using Xunit.v3;

namespace Concord.Consensus.Tests;

/// <summary>
/// The number of the mistake of another implementation that a test keeps away; the list is in docs/protocols/raft.md.
/// Filter: <c>-trait Pitfall=12</c>.
/// </summary>
[AttributeUsage(AttributeTargets.Method, AllowMultiple = true)]
internal sealed class PitfallAttribute(int number) : Attribute, ITraitAttribute
{
    public int Number { get; } = number;

    public IReadOnlyCollection<KeyValuePair<string, string>> GetTraits() => [new("Pitfall", $"{Number}")];
}

using Xunit.v3;

namespace Concord.Consensus.Tests.Paxos;

/// <summary>
/// The number of the mistake of another implementation of Multi-Paxos that a test keeps away; the list is in
/// docs/protocols/paxos.md. Filter: <c>-trait PaxosPitfall=3</c>.
/// </summary>
[AttributeUsage(AttributeTargets.Method, AllowMultiple = true)]
internal sealed class PaxosPitfallAttribute(int number) : Attribute, ITraitAttribute
{
    public int Number { get; } = number;

    public IReadOnlyCollection<KeyValuePair<string, string>> GetTraits() => [new("PaxosPitfall", $"{Number}")];
}

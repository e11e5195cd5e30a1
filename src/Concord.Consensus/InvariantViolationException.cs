namespace Concord.Consensus;

/// <summary>
/// A rule that the protocol rests on does not hold: a defect, or memory that changed by itself. Nothing was told to
/// anybody. The host must stop the node; the other replicas go on without it.
/// </summary>
/// <param name="rule">The rule, as a sentence that should have been true.</param>
public sealed class InvariantViolationException(string rule)
    : Exception($"Broken invariant: {rule}. The node stops; restart it, and report this with its log.")
{
    /// <summary>The rule, as a sentence that should have been true.</summary>
    public string Rule { get; } = rule;
}

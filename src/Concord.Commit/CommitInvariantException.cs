namespace Concord.Commit;

/// <summary>
/// A rule that atomicity rests on does not hold: a defect in the core or in its host. What broke it was not put into
/// the outbox. The host must stop the node; whatever is in doubt is recovered by the others.
/// </summary>
/// <param name="rule">The rule, as a sentence that should have been true.</param>
public sealed class CommitInvariantException(string rule)
    : Exception($"Broken invariant: {rule}. The node stops; restart it, and report this with its log.")
{
    /// <summary>The rule, as a sentence that should have been true.</summary>
    public string Rule { get; } = rule;
}

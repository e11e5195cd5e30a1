using Concord.Simulation.Nodes;

namespace Concord.Simulation.Shrinking;

/// <summary>The conditions of the target <c>node</c>.</summary>
internal static class NodeConditions
{
    private const long PlainSnapshotBytes = 1 << 20;

    private static readonly Condition<NodeProfile>[] s_all =
    [
        new(1, static it => it.CutChance > 0, static it => it.CutChance = 0),
        new(2, static it => it.CrashInRecoveryChance > 0, static it => it.CrashInRecoveryChance = 0),
        new(3, static it => it.SnapshotEveryBytes < PlainSnapshotBytes, static it =>
            it.SnapshotEveryBytes = PlainSnapshotBytes),
    ];

    public static void Apply(Decisions decisions, NodeProfile profile)
    {
        foreach (Condition<NodeProfile> condition in s_all)
        {
            condition.Apply(decisions, profile);
        }

        profile.FaultsUntil = Math.Min(profile.FaultsUntil, decisions.HealAt ?? long.MaxValue);
    }
}

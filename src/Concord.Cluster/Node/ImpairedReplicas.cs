using Concord.Cluster.Storage;

namespace Concord.Cluster.Node;

/// <summary>
/// Whether the core knows the rule that makes an impaired replica safe: it neither votes nor stands nor counts its
/// acknowledgements until it has heard every other voter's term and has caught up, durably, with a leader.
/// </summary>
internal static class ImpairedReplicas
{
    /// <summary>The core takes the flag as an argument of its constructor.</summary>
    public static bool CanVoteBeKept => false;

    /// <summary>Without that rule the node does not start: a vote that is lost with its batch would be given
    /// twice.</summary>
    public static StorageCorruptException Refused(uint shard, RecoveredLog recovered) => new(
        $"{recovered.DamageReport ?? $"Shard {shard} was damaged at an earlier start, and is not repaired."} This "
        + "node does not start with it: remove it from the cluster and add a new one in its place, with an empty "
        + "folder.",
        recovered.Damage.Count > 0 ? SegmentNames.Of(recovered.Damage[0].Segment) : "");
}

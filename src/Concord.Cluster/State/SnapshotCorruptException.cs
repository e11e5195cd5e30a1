namespace Concord.Cluster.State;

/// <summary>A snapshot that must not be used: it is damaged, or not one, or newer than this build.</summary>
/// <param name="what">A sentence without its full stop.</param>
/// <param name="innerException">What the decoder said.</param>
internal sealed class SnapshotCorruptException(string what, Exception? innerException = null)
    : Exception(
        $"The snapshot is refused: {what}. Nothing of it is used; fetch it again from another replica.",
        innerException);

using Concord.Consensus;

namespace Concord.Simulation.Consensus;

/// <summary>
/// An entry as the simulator knows it: one object for each entry that was ever written anywhere, linked to the one
/// before it. Two replicas hold the same entry exactly when they hold the same object, and then they agree on all
/// before it.
/// </summary>
/// <remarks>In Multi-Paxos places stand for themselves: an entry of a replica's log has none before it, and only those
/// of the committed log are linked. There the same value is one of the same <see cref="Origin"/>.</remarks>
internal sealed class LogEntry(
    LogEntry? previous, ulong index, Stamp stamp, Stamp origin, EntryKind kind, byte[] payload)
{
    private readonly LogEntry? _config = previous?.Config;

    public LogEntry? Previous { get; } = previous;

    public ulong Index { get; } = index;

    public Stamp Stamp { get; } = stamp;

    /// <summary>The stamp under which it was first proposed; in Raft its stamp.</summary>
    public Stamp Origin { get; } = origin;

    public EntryKind Kind { get; } = kind;

    public byte[] Payload { get; } = payload;

    /// <summary>The last entry up to this one that names a membership; null while the first is in force.</summary>
    public LogEntry? Config => Kind == EntryKind.Membership ? this : _config;

    /// <summary>The membership that it names, if that is what it is for.</summary>
    public Membership? Membership { get; } =
        kind == EntryKind.Membership ? MembershipCodec.TryDecode(payload) : null;

    public bool IsSameValue(LogEntry? other) => other is not null && Index == other.Index && Origin == other.Origin;

    public override string ToString() => Origin == Stamp ? $"{Index}@{Stamp}" : $"{Index}@{Stamp} of {Origin}";
}

using Concord.Consensus;

namespace Concord.Simulation.Consensus;

/// <summary>
/// An entry as the simulator knows it: one object for each entry that was ever written anywhere, linked to the one
/// before it. Two replicas hold the same entry exactly when they hold the same object, and then they agree on all
/// before it.
/// </summary>
internal sealed class LogEntry(LogEntry? previous, ulong index, Stamp stamp, EntryKind kind, byte[] payload)
{
    private readonly LogEntry? _config = previous?.Config;

    public LogEntry? Previous { get; } = previous;

    public ulong Index { get; } = index;

    public Stamp Stamp { get; } = stamp;

    public EntryKind Kind { get; } = kind;

    public byte[] Payload { get; } = payload;

    /// <summary>The last entry up to this one that names a membership; null while the first is in force.</summary>
    public LogEntry? Config => Kind == EntryKind.Membership ? this : _config;

    /// <summary>The membership that it names, if that is what it is for.</summary>
    public Membership? Membership { get; } =
        kind == EntryKind.Membership ? MembershipCodec.TryDecode(payload) : null;

    public override string ToString() => $"{Index}@{Stamp}";
}

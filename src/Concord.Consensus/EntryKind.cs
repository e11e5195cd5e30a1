namespace Concord.Consensus;

/// <summary>What an entry is for.</summary>
public enum EntryKind : byte
{
    /// <summary>No entry: a place in which a replica of a group that agrees by Multi-Paxos has accepted nothing yet.
    /// Told to a candidate, never stored.</summary>
    None = 0,

    /// <summary>Nothing: a new leader's first entry, whose commit makes all earlier ones committed (Raft section
    /// 5.4.2).</summary>
    NoOp = 1,

    /// <summary>A command of the state machine.</summary>
    Command = 2,

    /// <summary>Who belongs to the group from here on (<see cref="MembershipCodec"/>).</summary>
    Membership = 3,
}

namespace Concord.Consensus;

/// <summary>
/// The quorum of a membership: while it changes, both the old and the new voters must agree to everything, each by
/// their own count (Raft section 6, thesis 4.3).
/// </summary>
internal readonly record struct JointQuorum(Quorum Incoming, Quorum? Outgoing)
{
    /// <summary>The quorum of one set of voters, or of two while <paramref name="outgoing"/> is not empty.</summary>
    public static JointQuorum Of(ulong incoming, int incomingCommitSize, ulong outgoing, int outgoingCommitSize) => new(
        Quorum.Of(incoming, incomingCommitSize), outgoing == 0 ? null : Quorum.Of(outgoing, outgoingCommitSize));

    public bool IsElectedBy(ulong votes) =>
        Incoming.IsElectedBy(votes) && (Outgoing is not { } outgoing || outgoing.IsElectedBy(votes));

    public bool IsReachedBy(ulong members) =>
        Incoming.IsReachedBy(members) && (Outgoing is not { } outgoing || outgoing.IsReachedBy(members));

    /// <summary>The greatest number that enough voters have reached, of both sets.</summary>
    /// <param name="numbers">What each member has reached, by place.</param>
    public ulong Reached(ReadOnlySpan<ulong> numbers)
    {
        ulong incoming = Incoming.Reached(numbers);
        return Outgoing is { } outgoing ? Math.Min(incoming, outgoing.Reached(numbers)) : incoming;
    }
}

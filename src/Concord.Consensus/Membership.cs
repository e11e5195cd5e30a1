namespace Concord.Consensus;

/// <summary>
/// Who belongs to a group: the voters, and the learners, which get everything and decide nothing. While voters change
/// there are two sets of them, and both must agree to everything (joint consensus, Raft section 6). Immutable; lives in
/// the log and in snapshots and nowhere else.
/// </summary>
public sealed class Membership : IEquatable<Membership>
{
    /// <summary>The most voters that a group may have.</summary>
    public const int VotersMax = 16;

    /// <summary>The most learners that a group may have.</summary>
    public const int LearnersMax = 16;

    private readonly NodeId[] _voters;
    private readonly NodeId[] _outgoing;
    private readonly NodeId[] _learners;
    private readonly NodeId[] _members;

    /// <summary>A group of <paramref name="voters"/> and <paramref name="learners"/>.</summary>
    /// <param name="voters">Who votes, each once.</param>
    /// <param name="learners">Who only learns, each once and none of the voters.</param>
    /// <param name="commitSize">How many voters commit an entry: at least 1, at most a majority; the smaller, the more
    /// elect a leader. Zero for a majority.</param>
    /// <exception cref="ArgumentException">No voter, too many members, one twice, or a commit size out of
    /// bounds.</exception>
    public Membership(IEnumerable<NodeId> voters, IEnumerable<NodeId>? learners = null, int commitSize = 0)
        : this(Sorted(voters), [], Sorted(learners ?? []), commitSize, 0)
    {
        if (_voters.Length == 0)
        {
            throw new ArgumentException("A group has at least one voter.", nameof(voters));
        }
    }

    private Membership(
        NodeId[] voters, NodeId[] outgoing, NodeId[] learners, int commitSize, int outgoingCommitSize)
    {
        (_voters, _outgoing, _learners) = (voters, outgoing, learners);
        (CommitSize, OutgoingCommitSize) = (commitSize, outgoingCommitSize);
        Check();
        _members = [.. _voters.Concat(_outgoing).Concat(_learners).Distinct().OrderBy(static node => node.Value)];
        Quorum = JointQuorum.Of(MaskOf(_voters), CommitSize, MaskOf(_outgoing), OutgoingCommitSize);
    }

    /// <summary>Nobody: what a new node knows until the log tells it who its group is. Nobody can be elected in
    /// it.</summary>
    public static Membership None { get; } = new([], [], [], 0, 0);

    /// <summary>The voters, ascending; during a change the new ones.</summary>
    public IReadOnlyList<NodeId> Voters => _voters;

    /// <summary>During a change of voters the old ones, which still must agree; otherwise empty.</summary>
    public IReadOnlyList<NodeId> Outgoing => _outgoing;

    /// <summary>Those that get the log and decide nothing, ascending; during a change also old voters that will be
    /// learners.</summary>
    public IReadOnlyList<NodeId> Learners => _learners;

    /// <summary>All of them, each once, ascending.</summary>
    public IReadOnlyList<NodeId> Members => _members;

    /// <summary>How many voters commit an entry; zero for a majority.</summary>
    public int CommitSize { get; }

    /// <summary>How many of <see cref="Outgoing"/> commit an entry: what they committed before the change was committed
    /// by so many.</summary>
    public int OutgoingCommitSize { get; }

    /// <summary>Whether old and new voters must both agree.</summary>
    public bool IsJoint => _outgoing.Length > 0;

    internal JointQuorum Quorum { get; }

    /// <summary>Whether <paramref name="node"/> votes, in either set.</summary>
    public bool IsVoter(NodeId node) => _voters.AsSpan().Contains(node) || _outgoing.AsSpan().Contains(node);

    /// <summary>Whether <paramref name="node"/> belongs to the group.</summary>
    public bool Contains(NodeId node) => IndexOf(node) >= 0;

    /// <summary>The place of <paramref name="node"/> among the members, or -1.</summary>
    public int IndexOf(NodeId node) => Array.IndexOf(_members, node);

    /// <inheritdoc/>
    public bool Equals(Membership? other) =>
        other is not null && CommitSize == other.CommitSize && OutgoingCommitSize == other.OutgoingCommitSize
        && _voters.AsSpan().SequenceEqual(other._voters) && _outgoing.AsSpan().SequenceEqual(other._outgoing)
        && _learners.AsSpan().SequenceEqual(other._learners);

    /// <inheritdoc/>
    public override bool Equals(object? obj) => Equals(obj as Membership);

    /// <inheritdoc/>
    public override int GetHashCode() =>
        _members.Aggregate(CommitSize, static (hash, node) => (hash * 31) + node.Value);

    /// <inheritdoc/>
    public override string ToString()
    {
        string text = $"({string.Join(' ', _voters)})";
        text += IsJoint ? $"&({string.Join(' ', _outgoing)})" : "";
        text += _learners.Length > 0 ? $" learners=({string.Join(' ', _learners)})" : "";
        return CommitSize == 0 ? text : $"{text} commit={CommitSize}";
    }

    /// <summary>The step between this and <paramref name="target"/> in which both sets of voters must agree.</summary>
    internal Membership JointWith(Membership target) =>
        new(target._voters, _voters, target._learners, target.CommitSize, CommitSize);

    /// <summary>What follows a joint step.</summary>
    internal Membership Final() => new(_voters, [], _learners, CommitSize, 0);

    internal static Membership? TryCreate(
        NodeId[] voters, NodeId[] outgoing, NodeId[] learners, int commitSize, int outgoingCommitSize)
    {
        try
        {
            return new(voters, outgoing, learners, commitSize, outgoingCommitSize);
        }
        catch (ArgumentException)
        {
            return null;
        }
    }

    private static NodeId[] Sorted(IEnumerable<NodeId> nodes)
    {
        ArgumentNullException.ThrowIfNull(nodes);
        return [.. nodes.OrderBy(static node => node.Value)];
    }

    private static void CheckAscending(NodeId[] nodes, int most, string what)
    {
        if (nodes.Length > most)
        {
            throw new ArgumentException($"A group has at most {most} {what}, got {nodes.Length}.");
        }

        for (int i = 0; i < nodes.Length; i++)
        {
            if (nodes[i].IsNone || (i > 0 && nodes[i].Value <= nodes[i - 1].Value))
            {
                throw new ArgumentException($"Each of the {what} is named once, and nobody is not a member.");
            }
        }
    }

    private static void CheckCommitSize(int size, int voters)
    {
        if (size < 0 || size > (voters / 2) + 1)
        {
            throw new ArgumentException($"A commit size is at most a majority, got {size} of {voters}.");
        }
    }

    private void Check()
    {
        CheckAscending(_voters, VotersMax, "voters");
        CheckAscending(_outgoing, VotersMax, "old voters");
        CheckAscending(_learners, LearnersMax, "learners");
        if (_learners.Any(_voters.Contains))
        {
            throw new ArgumentException("A learner is not a voter at the same time.");
        }

        CheckCommitSize(CommitSize, _voters.Length);
        CheckCommitSize(OutgoingCommitSize, _outgoing.Length);
    }

    private ulong MaskOf(NodeId[] nodes)
    {
        ulong mask = 0;
        foreach (NodeId node in nodes)
        {
            mask |= 1UL << IndexOf(node);
        }

        return mask;
    }
}

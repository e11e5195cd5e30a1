namespace Concord.Consensus;

/// <summary>Who votes in a group. Fixed for now; joint changes and learners will live here.</summary>
public sealed class Membership
{
    /// <summary>The most voters that a group may have.</summary>
    public const int VotersMax = 16;

    /// <summary>A group of <paramref name="voters"/>, in ascending order, each once.</summary>
    /// <exception cref="ArgumentException">None, more than <see cref="VotersMax"/>, or one twice.</exception>
    public Membership(IEnumerable<NodeId> voters)
    {
        ArgumentNullException.ThrowIfNull(voters);
        Voters = [.. voters.OrderBy(static voter => voter.Value)];
        if (Voters.Count is 0 or > VotersMax || Voters.Distinct().Count() != Voters.Count || Voters[0].IsNone)
        {
            throw new ArgumentException($"A group has 1 to {VotersMax} voters, each named once.", nameof(voters));
        }
    }

    /// <summary>The voters, ascending.</summary>
    public IReadOnlyList<NodeId> Voters { get; }

    /// <summary>The place of <paramref name="node"/> among the voters, or -1.</summary>
    public int IndexOf(NodeId node)
    {
        for (int i = 0; i < Voters.Count; i++)
        {
            if (Voters[i] == node)
            {
                return i;
            }
        }

        return -1;
    }
}

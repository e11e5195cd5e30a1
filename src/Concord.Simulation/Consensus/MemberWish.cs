using Concord.Consensus;

namespace Concord.Simulation.Consensus;

internal enum WishKind
{
    AddLearner,
    Promote,
    Demote,
    Remove,
    Replace,
    CommitSize,
}

/// <summary>What an operator wants to change about the members.</summary>
/// <param name="Kind">What.</param>
/// <param name="Node">Whom.</param>
/// <param name="Successor">Who takes its place, or none.</param>
/// <param name="Size">How many commit, or zero.</param>
internal readonly record struct MemberWish(WishKind Kind, NodeId Node, NodeId Successor = default, int Size = 0)
{
    private const int VotersMax = 7;

    /// <summary>What the membership would be; null if the wish makes no sense any more.</summary>
    public Membership? Of(Membership now)
    {
        List<NodeId> voters = [.. now.Voters];
        List<NodeId> learners = [.. now.Learners];
        switch (Kind)
        {
            case WishKind.AddLearner when !voters.Contains(Node) && !learners.Contains(Node):
                learners.Add(Node);
                break;
            case WishKind.Promote when learners.Remove(Node):
                voters.Add(Node);
                break;
            case WishKind.Demote when voters.Remove(Node):
                learners.Add(Node);
                break;
            case WishKind.Remove when voters.Remove(Node) || learners.Remove(Node):
                break;
            case WishKind.Replace when !voters.Contains(Successor) && voters.Remove(Node):
                learners.Remove(Successor);
                voters.Add(Successor);
                break;
            case WishKind.CommitSize:
                break;
            default:
                return null;
        }

        int size = Kind == WishKind.CommitSize ? Size : now.CommitSize;
        bool fits = voters.Count is > 0 and <= VotersMax;
        return fits ? new(voters, learners, size <= (voters.Count / 2) + 1 ? size : 0) : null;
    }
}

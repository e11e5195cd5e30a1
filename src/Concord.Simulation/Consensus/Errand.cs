using Concord.Consensus;

namespace Concord.Simulation.Consensus;

/// <summary>Changes that an operator wants one after the other, and how often he will still ask.</summary>
internal sealed class Errand(int patience, params ReadOnlySpan<MemberWish> wishes)
{
    private readonly Queue<MemberWish> _wishes = new(wishes.ToArray());

    public int Patience { get; set; } = patience;

    public bool IsDone => _wishes.Count == 0;

    public MemberWish Next => _wishes.Peek();

    /// <summary>Those who may be members no more at the end of it.</summary>
    public List<int> Places { get; } = [.. Named(wishes)];

    public void Advance() => _wishes.Dequeue();

    private static SortedSet<int> Named(ReadOnlySpan<MemberWish> wishes)
    {
        SortedSet<int> places = [];
        foreach (MemberWish wish in wishes)
        {
            foreach (NodeId node in (ReadOnlySpan<NodeId>)[wish.Node, wish.Successor])
            {
                if (!node.IsNone)
                {
                    places.Add(Electorate.PlaceOf(node));
                }
            }
        }

        return places;
    }
}

/// <summary>A question of the operator to one replica, with the answer.</summary>
internal sealed class OperatorRequest
{
    public MemberWish? Wish { get; init; }

    /// <summary>Whom to hand leadership to, none for the best; when nothing is wished of the members.</summary>
    public NodeId Successor { get; init; }

    /// <summary>Null when the wish makes no sense any more, or would break what is left of the group.</summary>
    public MembershipChange? Changed { get; set; }

    public TransferResult? Transferred { get; set; }
}

namespace Concord.Consensus;

/// <summary>
/// The 64-bit number that says in whose reign something was written: a term in Raft, a ballot in Multi-Paxos.
/// The upper 48 bits are the term (or the ballot's round), the lower 16 the ballot's node, which are zero in Raft.
/// Stamps are totally ordered; zero stands before all.
/// </summary>
/// <param name="Value">The number as it is stored and sent.</param>
public readonly record struct Stamp(ulong Value) : IComparable<Stamp>
{
    private const int NodeBits = 16;

    /// <summary>The stamp before all others.</summary>
    public static Stamp None => default;

    /// <summary>The term, or the round of the ballot.</summary>
    public ulong Term => Value >> NodeBits;

    /// <summary>The stamp of a Raft term.</summary>
    /// <param name="term">Below 2^48.</param>
    public static Stamp FromTerm(ulong term)
    {
        Invariant.Check(term < 1UL << (64 - NodeBits), "a term fits in 48 bits");
        return new(term << NodeBits);
    }

    /// <summary>The ballot of a round that belongs to <paramref name="node"/>: no other node has the same.</summary>
    /// <param name="round">Below 2^48.</param>
    /// <param name="node">Who leads with it.</param>
    public static Stamp FromBallot(ulong round, NodeId node) => new(FromTerm(round).Value | node.Value);

    /// <summary>Whose ballot it is; none for a term.</summary>
    public NodeId Owner => new((ushort)Value);

    /// <summary>The first stamp of the next term.</summary>
    public Stamp NextTerm() => FromTerm(Term + 1);

    /// <inheritdoc/>
    public int CompareTo(Stamp other) => Value.CompareTo(other.Value);

    /// <summary>Whether <paramref name="left"/> is older.</summary>
    public static bool operator <(Stamp left, Stamp right) => left.Value < right.Value;

    /// <summary>Whether <paramref name="left"/> is newer.</summary>
    public static bool operator >(Stamp left, Stamp right) => left.Value > right.Value;

    /// <summary>Whether <paramref name="left"/> is not newer.</summary>
    public static bool operator <=(Stamp left, Stamp right) => left.Value <= right.Value;

    /// <summary>Whether <paramref name="left"/> is not older.</summary>
    public static bool operator >=(Stamp left, Stamp right) => left.Value >= right.Value;

    /// <inheritdoc/>
    public override string ToString() =>
        (Value & ((1UL << NodeBits) - 1)) is var node and not 0 ? $"b{Term}.{node}" : $"t{Term}";
}

namespace Concord.Simulation.Models;

/// <summary>All that the protocol knows of an acceptor, in memory or on its disk.</summary>
/// <param name="Promised">It takes part in no ballot below this one.</param>
/// <param name="Base">Everything up to here is in a snapshot: chosen, applied, and not held position by
/// position.</param>
/// <param name="Accepted">What it holds behind <paramref name="Base"/>; positions may be missing: holes.</param>
internal sealed record AcceptorState(ulong Promised, ulong Base, IReadOnlyDictionary<ulong, AcceptedValue> Accepted)
{
    private static readonly Dictionary<ulong, AcceptedValue> s_nothing = [];

    /// <summary>Who has heard of nothing.</summary>
    public static AcceptorState Fresh { get; } = new(0, 0, s_nothing);

    /// <summary>What it holds at <paramref name="position"/>, or none.</summary>
    public AcceptedValue At(ulong position) => Accepted.GetValueOrDefault(position);
}

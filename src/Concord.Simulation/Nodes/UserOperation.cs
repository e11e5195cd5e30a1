using Concord.Client.Routing;
using Concord.Simulation.Nodes.Primitives;

namespace Concord.Simulation.Nodes;

/// <summary>What became of an operation, as far as its client can know.</summary>
internal enum Fate
{
    Pending,
    Happened,
    DidNot,
    Unknown,
}

/// <summary>One operation of one client, and what it would do.</summary>
internal sealed class UserOperation
{
    public required ClientCall Call { get; init; }

    public required string What { get; init; }

    /// <summary>Whose it is, counted from 0.</summary>
    public int Client { get; set; }

    public long Invoked { get; init; }

    public long Returned { get; set; } = long.MaxValue;

    public Fate Fate { get; set; }

    /// <summary>What it adds to counters, if it happens.</summary>
    public IReadOnlyList<(int Counter, long Delta)> Additions { get; init; } = [];

    /// <summary>The registers that it sets, if it happens.</summary>
    public IReadOnlyList<int> Sets { get; init; } = [];

    /// <summary>The value that it sets or has read.</summary>
    public ulong Value { get; set; }

    /// <summary>The register that it reads; -1 for none.</summary>
    public int Reads { get; init; } = -1;

    /// <summary>The messages that it sends, if it happens.</summary>
    public IReadOnlyList<(HeldRoot Queue, ulong Number)> Sends { get; init; } = [];

    /// <summary>The message that it completes, if it happens.</summary>
    public (HeldRoot Queue, ulong Number)? Completes { get; init; }

    /// <summary>Whether the audit has to know if it happened.</summary>
    public bool HasEffect => Additions.Count > 0 || Sets.Count > 0 || Sends.Count > 0 || Completes is not null;

    /// <summary>Operations of one group happen once together: they have the same idempotency key.</summary>
    public string? Group { get; init; }

    /// <summary>What its client does when it has ended.</summary>
    public Action<UserOperation>? Then { get; init; }
}

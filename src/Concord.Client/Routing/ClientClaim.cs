using Concord.Engines;

namespace Concord.Client.Routing;

/// <summary>Where a claim stands.</summary>
internal enum ClaimState
{
    /// <summary>It has been asked for, and not answered.</summary>
    Asking,

    /// <summary>It stands in line.</summary>
    InLine,

    /// <summary>It is held.</summary>
    Held,

    /// <summary>It was not granted in time; the place in line is being given up.</summary>
    TimedOut,

    /// <summary>Nobody wants it any more; whatever was granted is being given back.</summary>
    GivenUp,

    /// <summary>The operation refused; see <see cref="ClientClaim.Answer"/>.</summary>
    Refused,

    /// <summary>The call failed; see <see cref="ClientClaim.Call"/>.</summary>
    Failed,

    /// <summary>The session was lost before it was granted.</summary>
    Expired,

    /// <summary>It was held, and may be with another by now.</summary>
    Lost,

    /// <summary>It asked for several, and each of them was granted, or was lost before it was heard of.</summary>
    Filled,

    /// <summary>The client has ended.</summary>
    Stopped,
}

/// <summary>A hold, from the moment it is asked for until it is given up or lost.</summary>
internal sealed class ClientClaim
{
    /// <summary>The key of what is to be held.</summary>
    public required ReadOnlyMemory<byte> Root { get; init; }

    public required OperationCode Code { get; init; }

    public required ReadOnlyMemory<byte> Arguments { get; init; }

    /// <summary>How long it may stand in line; null for ever.</summary>
    public TimeSpan? Timeout { get; init; }

    /// <summary>How many it asks for; each is another claim once it is held.</summary>
    public int Count { get; init; } = 1;

    /// <summary>The claim that asked for several and was granted this one; null for none.</summary>
    public ClientClaim? PartOf { get; init; }

    /// <summary>Whom to tell; the shell's.</summary>
    public object? Owner { get; set; }

    public Slot Slot => RecordKey.SlotOf(Root.Span);

    public ClaimState State { get; set; }

    /// <summary>The call that asks.</summary>
    public ClientCall? Call { get; set; }

    public ClientSession? Session { get; set; }

    public ulong Sequence { get; set; }

    public TimeSpan Until { get; set; } = TimeSpan.MaxValue;

    public EngineAnswer Answer { get; set; }

    /// <summary>The fencing token, once it is held.</summary>
    public long Token { get; set; }

    /// <summary>The hold's record, once it is held.</summary>
    public ReadOnlyMemory<byte> Value { get; set; }

    public RequestKey Handle => new(Slot, Session!.Id, Sequence);

    /// <summary>How many of several have not been heard of.</summary>
    public int Left { get; set; }

    /// <summary>Whether it asks for several. Such a one is never held itself.</summary>
    public bool IsSeveral => Code == OperationCode.ReceiveSeveral && PartOf is null;

    /// <summary>Whether it has ever been told that it has to wait.</summary>
    public bool HasStoodInLine { get; set; }

    public bool IsWaiting => State is ClaimState.Asking or ClaimState.InLine;
}

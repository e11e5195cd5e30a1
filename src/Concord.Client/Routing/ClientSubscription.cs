using Concord.Client.Wire;
using Concord.Engines;

namespace Concord.Client.Routing;

/// <summary>What the client wants to be told, by whoever leads the shard.</summary>
internal sealed class ClientSubscription
{
    public required ulong Id { get; init; }

    public required SubscriptionKind Kind { get; init; }

    /// <summary>For an inbox.</summary>
    public ClientSession? Session { get; init; }

    /// <summary>For an inbox.</summary>
    public uint? Shard { get; init; }

    /// <summary>For a watch.</summary>
    public ReadOnlyMemory<byte> Prefix { get; init; }

    /// <summary>Whom to tell of a watch; the shell's.</summary>
    public object? Owner { get; init; }

    /// <summary>Who was asked; null while it has to be asked for again.</summary>
    public ClientConnection? SentOn { get; set; }

    public TimeSpan RetryAt { get; set; }

    /// <summary>When the leader has to have said something.</summary>
    public TimeSpan AnswerDue { get; set; }

    /// <summary>When a watch is asked for again: its leader may be gone without a word.</summary>
    public TimeSpan RefreshAt { get; set; }

    /// <summary>Of a watch: what was told last.</summary>
    public long Revision { get; set; } = -1;

    /// <summary>Of an inbox: the revision as of which it was told as a whole last.</summary>
    public long WholeAt { get; set; } = -1;

    /// <summary>Of an inbox that is being told as a whole: what has come so far, and how many stand in line under that
    /// number; none for what is held.</summary>
    public Dictionary<(Slot, ulong), int>? Whole { get; set; }
}

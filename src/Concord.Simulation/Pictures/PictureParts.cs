namespace Concord.Simulation.Pictures;

/// <summary>What may hold for a while. The numbers stand in the page.</summary>
internal enum SpanKind
{
    Down,
    Paused,
    DiskStalled,
}

/// <summary>What may happen at a moment. The numbers stand in the page.</summary>
internal enum MarkKind
{
    Fault,
    Snapshot,
    Healed,
}

/// <summary>How an operation ended. The numbers stand in the page.</summary>
internal enum OperationEnd
{
    Done,
    Refused,
    Unknown,
    Open,
}

/// <summary>One step of a story that is told along a run.</summary>
/// <param name="From">The moment at which it begins.</param>
/// <param name="Until">The moment whose state it is about.</param>
/// <param name="Title">A few words.</param>
/// <param name="Text">What to see, and why it matters.</param>
internal sealed record StoryStep(long From, long Until, string Title, string Text);

/// <summary>What stands around a picture.</summary>
internal sealed record PictureTitle
{
    public required string Title { get; init; }

    /// <summary>One paragraph that says what this is.</summary>
    public required string Lead { get; init; }

    /// <summary>The command that makes this page again.</summary>
    public required string Command { get; init; }

    /// <summary>The rule that did not hold; null when all did.</summary>
    public string? Rule { get; init; }

    public string? Detail { get; init; }

    public required IReadOnlyList<string> Lanes { get; init; }

    public required IReadOnlyList<string> Groups { get; init; }

    public int Clients { get; init; }

    /// <summary>What was chosen or drawn: a name and a value each.</summary>
    public IReadOnlyList<(string Name, string Value)> Settings { get; init; } = [];

    public long End { get; init; }
}

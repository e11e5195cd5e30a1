namespace Concord.Mutants;

/// <summary>A text that stands in a file exactly once, and what to put in its place.</summary>
/// <param name="File">From the root of the repository, with slashes.</param>
/// <param name="Find">May span lines.</param>
/// <param name="Replace">Without the rule.</param>
internal sealed record Edit(string File, string Find, string Replace);

/// <summary>A rule that is broken on purpose, as it stands in a catalogue.</summary>
internal sealed record Mutant
{
    /// <summary>Unique in all catalogues. The letters and number of the rule in the design sheet, and a small letter
    /// for a further way to break the same rule.</summary>
    public required string Id { get; init; }

    /// <summary>What the broken product does.</summary>
    public required string What { get; init; }

    public required string File { get; init; }

    public required string Find { get; init; }

    public required string Replace { get; init; }

    /// <summary>Further places, where one is not enough to break the rule.</summary>
    public IReadOnlyList<Edit> Also { get; init; } = [];

    /// <summary>Names of killers, the cheapest first.</summary>
    public required IReadOnlyList<string> Budget { get; init; }

    /// <summary>Why nobody can tell it from the original; such a mutant is listed and not run.</summary>
    public string? Equivalent { get; init; }

    public IEnumerable<Edit> Edits => Also.Prepend(new(File, Find, Replace));
}

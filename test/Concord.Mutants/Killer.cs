namespace Concord.Mutants;

/// <summary>Something that should fail when a rule is broken: either tests, or seeds of the simulator.</summary>
internal sealed record Killer
{
    public required string Name { get; init; }

    /// <summary>A test project by name; null for seeds.</summary>
    public string? Tests { get; init; }

    /// <summary>Only these classes, as xUnit's <c>-class</c> takes them; all when empty.</summary>
    public IReadOnlyList<string> Classes { get; init; } = [];

    /// <summary>Only these methods, as xUnit's <c>-method</c> takes them; all when empty.</summary>
    public IReadOnlyList<string> Methods { get; init; } = [];

    /// <summary>What is simulated, core or node; null for tests.</summary>
    public string? Simulate { get; init; }

    /// <summary>Which protocol is simulated.</summary>
    public string Protocol { get; init; } = "raft";

    public string Profile { get; init; } = SeedHost.AllProfiles;

    public int Seeds { get; init; }

    /// <summary>The project that is built to run it.</summary>
    public string Project => Tests ?? SeedHost.Project;

    public void Validate()
    {
        bool either = (Tests is null) != (Simulate is null);
        if (!either || (Simulate is not null && Seeds < 1))
        {
            throw new CatalogueException($"The killer '{Name}' is either tests, or a simulation with seeds.");
        }
    }
}

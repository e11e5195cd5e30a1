namespace Concord.House;

/// <summary>A project in <c>src/</c>, and whom it may know.</summary>
/// <param name="Name">Of the project, the assembly and the package.</param>
/// <param name="Rooms">The other rooms that it may refer to.</param>
/// <param name="Packages">The packages of others that it may refer to: this is the list to think about before adding
/// one.</param>
internal sealed record Room(string Name, string[] Rooms, string[] Packages);

/// <summary>The rooms of ARCHITECTURE.md. References point down only.</summary>
internal static class Rooms
{
    private const string Injection = "Microsoft.Extensions.DependencyInjection";
    private const string InjectionAbstractions = "Microsoft.Extensions.DependencyInjection.Abstractions";
    private const string Logging = "Microsoft.Extensions.Logging";
    private const string LoggingAbstractions = "Microsoft.Extensions.Logging.Abstractions";
    private const string Options = "Microsoft.Extensions.Options";

    private const string Hosting = "Microsoft.Extensions.Hosting.Abstractions";
    private const string Health = "Microsoft.Extensions.Diagnostics.HealthChecks";
    private const string HealthAbstractions = "Microsoft.Extensions.Diagnostics.HealthChecks.Abstractions";
    private const string Configuration = "Microsoft.Extensions.Configuration.Abstractions";
    private const string RateLimiting = "System.Threading.RateLimiting";

    private static readonly string[] s_shared =
        [Injection, InjectionAbstractions, Logging, LoggingAbstractions, Options];

    private static readonly string[] s_hosting = [Hosting, Health, HealthAbstractions, Configuration, RateLimiting];

    public static Room[] All { get; } =
    [
        new("Concord.Abstractions", [], []),
        new("Concord.Consensus", [], []),
        new("Concord.Commit", [], []),
        new("Concord", ["Concord.Abstractions"], [.. s_shared, .. s_hosting]),
        new("Concord.Client", ["Concord", "Concord.Abstractions"], s_shared),
        new(
            "Concord.Cluster",
            ["Concord", "Concord.Abstractions", "Concord.Client", "Concord.Commit", "Concord.Consensus"],
            s_shared),
        new(
            "Concord.Testing",
            [
                "Concord", "Concord.Abstractions", "Concord.Client", "Concord.Cluster", "Concord.Commit",
                "Concord.Consensus",
            ],
            s_shared),
        new(
            "Concord.Simulation",
            [
                "Concord", "Concord.Abstractions", "Concord.Client", "Concord.Cluster", "Concord.Commit",
                "Concord.Consensus",
            ],
            s_shared),
        new(
            "Concord.Cli",
            [
                "Concord", "Concord.Abstractions", "Concord.Client", "Concord.Cluster", "Concord.Commit",
                "Concord.Consensus", "Concord.Simulation",
            ],
            [.. s_shared, "Microsoft.Extensions.Logging.Console", "Spectre.Console", "System.CommandLine"]),
    ];

    /// <summary>The cores: deterministic objects without I/O, clock, threads or tasks.</summary>
    public static string[] Cores { get; } = ["Concord.Consensus", "Concord.Commit"];

    public static string AssemblyPath(string room) => Path.Combine(AppContext.BaseDirectory, room + ".dll");

    public static TheoryData<string> Names => [.. All.Select(room => room.Name)];

    public static TheoryData<string> CoreNames => [.. Cores];

    public static Room Named(string name) => All.Single(room => room.Name == name);
}

namespace Concord.Cli.Processes;

/// <summary>In what surroundings a node is started.</summary>
/// <param name="Prefix">A command that runs another one, with its arguments; empty for none.</param>
/// <param name="Environment">Variables on top of our own.</param>
internal sealed record NodeLaunch(IReadOnlyList<string> Prefix, IReadOnlyDictionary<string, string> Environment)
{
    /// <summary>Nothing special.</summary>
    public static NodeLaunch Plain { get; } = new([], new Dictionary<string, string>());
}

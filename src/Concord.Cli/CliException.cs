namespace Concord.Cli;

/// <summary>Ends the command with one sentence for the user, which says what happened and what to do.</summary>
/// <param name="message">The sentence.</param>
/// <param name="exitCode">See <see cref="Cli.ExitCode"/>.</param>
internal sealed class CliException(string message, int exitCode = ExitCode.Environment) : Exception(message)
{
    public int ExitCode { get; } = exitCode;
}

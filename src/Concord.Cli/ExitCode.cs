namespace Concord.Cli;

/// <summary>What the command says to the shell that started it.</summary>
internal static class ExitCode
{
    /// <summary>Done as asked.</summary>
    public const int Success = 0;

    /// <summary>It ran, and the answer is no: an audit failed, an invariant was violated, a key does not
    /// exist.</summary>
    public const int Failed = 1;

    /// <summary>It could not run: a wrong option, a missing file, a port or a folder in use, a cluster out of
    /// reach.</summary>
    public const int Environment = 2;

    /// <summary>Ctrl-C before the end, as shells count it: 128 + SIGINT.</summary>
    public const int Interrupted = 130;
}

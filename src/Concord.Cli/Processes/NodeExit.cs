namespace Concord.Cli.Processes;

/// <summary>How a node's process ended.</summary>
/// <param name="Code">Its exit code; 128 + n after signal n.</param>
/// <param name="Sentence">The last line that it wrote to its standard error; empty if none.</param>
internal readonly record struct NodeExit(int Code, string Sentence)
{
    private const int SignalBase = 128;

    /// <summary>
    /// Whether somebody else ended it: by a request to stop (0), or by a signal that programs do not raise against
    /// themselves: HUP, INT, QUIT, KILL, TERM. Abort and segmentation fault are the node's own failure.
    /// </summary>
    public bool IsFromOutside => Code is 0
        or SignalBase + 1 or SignalBase + 2 or SignalBase + 3 or SignalBase + 9 or SignalBase + 15;
}

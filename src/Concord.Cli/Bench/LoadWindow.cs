namespace Concord.Cli.Bench;

/// <summary>When calls count: after the warm-up and before the end. Read by all callers, changed by one.</summary>
internal sealed class LoadWindow
{
    private volatile bool _isOpen;
    private volatile bool _isOver;

    public bool IsOpen => _isOpen;

    public bool IsOver => _isOver;

    public void Open() => _isOpen = true;

    public void Close() => (_isOpen, _isOver) = (false, true);
}

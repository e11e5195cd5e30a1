namespace Concord.Mutants;

/// <summary>Lines that stay on the standard output; below them, on a terminal, one that says what goes on.</summary>
internal sealed class ProgressLine
{
    private readonly Lock _gate = new();
    private readonly bool _isShown = !Console.IsErrorRedirected;

    public void Show(string text)
    {
        lock (_gate)
        {
            Wipe();
            if (_isShown)
            {
                Console.Error.Write(text);
            }
        }
    }

    public void Print(string line)
    {
        lock (_gate)
        {
            Wipe();
            Console.WriteLine(line);
        }
    }

    public void Clear()
    {
        lock (_gate)
        {
            Wipe();
        }
    }

    private void Wipe()
    {
        if (_isShown)
        {
            Console.Error.Write("\r\u001b[2K");
        }
    }
}

using Spectre.Console;

namespace Concord.Cli;

/// <summary>The two streams that people read.</summary>
/// <param name="Out">What was asked for.</param>
/// <param name="Error">What went wrong.</param>
internal sealed record Terminal(IAnsiConsole Out, TextWriter Error)
{
    /// <summary>Wide enough for every table: lines that go to a file must not be broken.</summary>
    private const int RedirectedWidth = 1_000;

    public static Terminal OfThisProcess()
    {
        IAnsiConsole console = AnsiConsole.Create(new AnsiConsoleSettings { Out = new AnsiConsoleOutput(Console.Out) });
        if (Console.IsOutputRedirected)
        {
            console.Profile.Width = RedirectedWidth;
            console.Profile.Capabilities.Interactive = false;
        }

        return new Terminal(console, Console.Error);
    }

    /// <summary>A sentence for people: nothing in it is markup, and a terminal breaks it where it ends.</summary>
    public void Say(string sentence) => Out.WriteLine(sentence);

    /// <summary>Data for programs, unbroken however long it is.</summary>
    public void Print(string data) => Out.Profile.Out.Writer.WriteLine(data);
}

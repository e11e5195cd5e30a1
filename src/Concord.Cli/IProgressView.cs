namespace Concord.Cli;

/// <summary>Shows the user how far a long command is. May be called by several threads.</summary>
internal interface IProgressView
{
    /// <summary>Something happened.</summary>
    void Say(string sentence);

    /// <summary>So many are done.</summary>
    void Advance(int done);
}

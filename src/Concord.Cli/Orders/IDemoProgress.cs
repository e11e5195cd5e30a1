namespace Concord.Cli.Orders;

/// <summary>Shows the user how far the demo is. May be called by several threads.</summary>
internal interface IDemoProgress
{
    /// <summary>Something happened.</summary>
    void Say(string sentence);

    /// <summary>So many orders are settled.</summary>
    void Advance(int settled);
}

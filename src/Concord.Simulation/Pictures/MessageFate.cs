namespace Concord.Simulation.Pictures;

/// <summary>How a message came into being and what became of it. The numbers stand in the page.</summary>
[Flags]
internal enum MessageFate
{
    Arrived = 0,

    /// <summary>The network swallowed it.</summary>
    LostOnTheWay = 1,

    /// <summary>It came to a replica that is down, or to a link that had been cut meanwhile.</summary>
    LostAtTheEnd = 2,

    /// <summary>The run ended first.</summary>
    UnderWay = 3,

    /// <summary>A second copy of a message.</summary>
    Copy = 8,

    /// <summary>An old message that the network brought back.</summary>
    BroughtBack = 16,
}

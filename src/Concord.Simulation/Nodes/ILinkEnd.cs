namespace Concord.Simulation.Nodes;

/// <summary>Somebody who can be connected to others: a node or a client.</summary>
internal interface ILinkEnd
{
    /// <summary>Its row and column among all that can be cut off from each other.</summary>
    int Place { get; }

    /// <summary>Changes with every life: what was begun in an earlier one is void.</summary>
    int Life { get; }

    bool IsUp { get; }

    /// <summary>Until then it does nothing at all.</summary>
    long PausedUntil { get; }

    /// <summary>A connection is there.</summary>
    void Opened(SimLink link, bool isDialer);

    /// <summary>It could not be made.</summary>
    void DialFailed(ILinkEnd target);

    /// <summary>Bytes have come, in their order.</summary>
    void Received(SimStream stream, byte[] bytes);

    /// <summary>The connection is gone.</summary>
    void Closed(SimLink link);
}

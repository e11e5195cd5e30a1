namespace Concord.Cli.Orders;

/// <summary>Who wants to know how far the orders are.</summary>
internal interface IOrderRunEvents
{
    /// <summary>The transaction of the order at this place has just been sent. Called in the order of the file, once
    /// per order, by one client at a time; must not wait.</summary>
    /// <returns>Whether a fault was made here.</returns>
    bool Started(int place);

    /// <summary>So many orders are settled.</summary>
    void Settled(int count);
}

namespace Concord.Cli.Orders;

/// <summary>What became of an order.</summary>
internal enum OrderOutcome
{
    /// <summary>Not known: the audit fails as long as there is one.</summary>
    Unresolved = 0,

    /// <summary>Placed, by this run or by an earlier one on the same data.</summary>
    Committed,

    /// <summary>Refused: a product is short.</summary>
    OutOfStock,

    /// <summary>Refused: every product is there, the money is not.</summary>
    InsufficientFunds,
}

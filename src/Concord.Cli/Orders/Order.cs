namespace Concord.Cli.Orders;

/// <summary>A well-formed order of the file.</summary>
/// <param name="Id">Its id, as the file writes it.</param>
/// <param name="Customer">Who pays.</param>
/// <param name="Lines">At least one, in the order of the file; the same product may occur twice.</param>
/// <param name="Amount">What the customer pays, in minor units; 0 or more.</param>
internal sealed record Order(string Id, string Customer, IReadOnlyList<OrderLine> Lines, long Amount);

/// <summary>One line of an order.</summary>
/// <param name="Sku">The product.</param>
/// <param name="Quantity">How many; at least 1.</param>
internal readonly record struct OrderLine(string Sku, long Quantity);

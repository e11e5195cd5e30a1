namespace Concord.Cli.Orders;

/// <summary>A line of the orders file that is no order.</summary>
/// <param name="Line">Its number, from 1, blank lines counted.</param>
/// <param name="Reason">Why, for people.</param>
internal sealed record InvalidLine(long Line, string Reason);

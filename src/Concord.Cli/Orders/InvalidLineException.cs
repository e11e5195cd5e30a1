namespace Concord.Cli.Orders;

/// <summary>Says why a text is not what it should be; caught where the line number is known.</summary>
/// <param name="reason">For people, without the line number.</param>
internal sealed class InvalidLineException(string reason) : Exception(reason);

namespace Concord.Cli.Orders;

/// <summary>One question of the audit and its answer.</summary>
/// <param name="Name">What is asked.</param>
/// <param name="Passed">Whether it holds.</param>
/// <param name="Detail">The figures, or the first thing that is wrong.</param>
internal sealed record AuditCheck(string Name, bool Passed, string Detail);

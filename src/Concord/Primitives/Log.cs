using Microsoft.Extensions.Logging;

namespace Concord.Primitives;

/// <summary>What the host and the primitives log. Events 1000 to 1099; no values, no keys of users' data but
/// names.</summary>
internal static partial class Log
{
    [LoggerMessage(1000, LogLevel.Information, "Concord started with {Engine}.", EventName = nameof(Started))]
    public static partial void Started(ILogger logger, string engine);

    [LoggerMessage(1001, LogLevel.Critical, "The engine stopped itself. {Reason}", EventName = nameof(StoppedItself))]
    public static partial void StoppedItself(ILogger logger, string reason);

    [LoggerMessage(
        1010,
        LogLevel.Debug,
        "Transaction {Transaction} met a conflict at '{Name}' in attempt {Attempt}; again in {DelayMs} ms.",
        EventName = nameof(Retrying))]
    public static partial void Retrying(ILogger logger, string transaction, string? name, int attempt, double delayMs);

    [LoggerMessage(
        1011,
        LogLevel.Warning,
        "Transaction {Transaction} is in doubt: its commit was sent and not answered in time.",
        EventName = nameof(InDoubt))]
    public static partial void InDoubt(ILogger logger, string transaction, Exception? exception);
}

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

    [LoggerMessage(
        1012,
        LogLevel.Warning,
        "{Hold} with token {Token} is lost: it may have passed to another.",
        EventName = nameof(HoldLost))]
    public static partial void HoldLost(ILogger logger, string hold, long token);

    [LoggerMessage(
        1013,
        LogLevel.Warning,
        "{Hold} could not be given back in time. It is tried on, and it ends with the session at the latest.",
        EventName = nameof(NotReleased))]
    public static partial void NotReleased(ILogger logger, string hold, Exception exception);

    [LoggerMessage(
        1014,
        LogLevel.Warning,
        "Message {MessageId} of queue '{Queue}' could not be extended.",
        EventName = nameof(NotExtended))]
    public static partial void NotExtended(ILogger logger, string queue, string messageId, Exception exception);

    [LoggerMessage(
        1015,
        LogLevel.Warning,
        "Nothing could be received from queue '{Queue}'; again in a moment.",
        EventName = nameof(ReceiveFailed))]
    public static partial void ReceiveFailed(ILogger logger, string queue, Exception exception);

    [LoggerMessage(
        1016,
        LogLevel.Warning,
        "Message {MessageId} of queue '{Queue}' is done and could not be completed. Unless that is tried again with "
            + "success, it comes again.",
        EventName = nameof(NotCompleted))]
    public static partial void NotCompleted(ILogger logger, string queue, string messageId, Exception exception);
}

using Microsoft.Extensions.Logging;

namespace Concord.Hosting;

/// <summary>What the services of a host log. Events 1100 to 1199.</summary>
internal static partial class HostingLog
{
    [LoggerMessage(
        1100,
        LogLevel.Warning,
        "No engine was chosen, so this is a single node in {Folder}: for development only.",
        EventName = nameof(DevelopmentNode))]
    public static partial void DevelopmentNode(ILogger logger, string folder);

    [LoggerMessage(
        1101,
        LogLevel.Warning,
        "Queue '{Queue}' could not be declared yet, and will be as soon as somebody answers. {Reason}",
        EventName = nameof(DeclaringLater))]
    public static partial void DeclaringLater(ILogger logger, string queue, string reason);

    [LoggerMessage(
        1102,
        LogLevel.Critical,
        "Queue '{Queue}' could not be declared; the host stops.",
        EventName = nameof(NotDeclared))]
    public static partial void NotDeclared(ILogger logger, string queue, Exception exception);

    [LoggerMessage(
        1110, LogLevel.Information, "Leads '{Election}' in term {Term}.", EventName = nameof(Leading))]
    public static partial void Leading(ILogger logger, string election, long term);

    [LoggerMessage(
        1111, LogLevel.Information, "Leads '{Election}' no more; the term was {Term}.", EventName = nameof(Resigned))]
    public static partial void Resigned(ILogger logger, string election, long term);

    [LoggerMessage(
        1112, LogLevel.Warning, "Lost '{Election}' in term {Term}.", EventName = nameof(TermLost))]
    public static partial void TermLost(ILogger logger, string election, long term);

    [LoggerMessage(
        1113,
        LogLevel.Error,
        "A candidacy or a term of '{Election}' failed; this process stands again in {DelayMs} ms.",
        EventName = nameof(TermFailed))]
    public static partial void TermFailed(ILogger logger, string election, double delayMs, Exception exception);

    [LoggerMessage(
        1120,
        LogLevel.Error,
        "The handler of message {MessageId} of queue '{Queue}' failed, failure {Failures}. It comes again in "
            + "{DelayMs} ms, or is a dead letter now, if the queue allows no more failures.",
        EventName = nameof(HandlerFailed))]
    public static partial void HandlerFailed(
        ILogger logger, string queue, string messageId, int failures, double delayMs, Exception exception);

    [LoggerMessage(
        1121,
        LogLevel.Warning,
        "Message {MessageId} of queue '{Queue}' was lost or settled meanwhile: what its handler ended in does not "
            + "count.",
        EventName = nameof(DeliveryLost))]
    public static partial void DeliveryLost(ILogger logger, string queue, string messageId, Exception exception);
}

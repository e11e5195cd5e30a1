namespace Concord.Engines;

/// <summary>Makes the exceptions with their codes, so that no two places disagree about either.</summary>
internal static class EngineErrors
{
    public const string UnavailableCode = "CNC1001";
    public const string OverloadedCode = "CNC1002";
    public const string OutcomeUnknownCode = "CNC1003";
    public const string StoppedCode = "CNC1004";
    public const string ReadOnlyCode = "CNC1005";
    public const string SessionExpiredCode = "CNC1006";
    public const string GuaranteeMissingCode = "CNC1007";
    public const string HoldLostCode = "CNC2001";
    public const string FenceRejectedCode = "CNC2002";
    public const string QueueFullCode = "CNC2003";
    public const string AbortedCode = "CNC3001";
    public const string InDoubtCode = "CNC3002";

    /// <summary>Nothing happened, and nothing will.</summary>
    public static EngineUnavailableException Unavailable(string message, Exception? innerException = null) =>
        new(message, innerException) { ErrorCode = UnavailableCode };

    public static EngineOverloadedException Overloaded(string message, TimeSpan retryAfter) =>
        new(message, retryAfter) { ErrorCode = OverloadedCode };

    public static EngineReadOnlyException ReadOnly(string message) => new(message) { ErrorCode = ReadOnlyCode };

    public static OutcomeUnknownException OutcomeUnknown(
        string message, RequestKey request, Exception? innerException = null) =>
        new(message, new RequestId(request.ToString()), innerException) { ErrorCode = OutcomeUnknownCode };

    /// <summary>Of a call that comes after the end, or waits for something then.</summary>
    public static ObjectDisposedException Disposed() => new(
        nameof(IConcord),
        "The host of this IConcord has stopped or was disposed of: nothing more is sent, nobody who waited is granted "
        + "anything, and what was held is given back.");

    public static EngineStoppedException Stopped(string message, Exception? innerException = null) =>
        new(message, innerException) { ErrorCode = StoppedCode };

    public static GuaranteeNotSupportedException GuaranteeMissing(string message, Guarantees missing) =>
        new(message, missing) { ErrorCode = GuaranteeMissingCode };

    public static HoldLostException HoldLost(string message, Exception? innerException = null) =>
        new(message, innerException) { ErrorCode = HoldLostCode };

    public static FenceRejectedException FenceRejected(string what, Fence fence, long current) => new(
        $"{what} was refused: {fence.HoldName} with token {fence.Token.Value} is not held any more"
        + (current > fence.Token.Value ? $"; the newest token is {current}. " : ". ")
        + "Somebody else may have it. Nothing changed.",
        fence,
        new(current))
    {
        ErrorCode = FenceRejectedCode,
    };

    public static QueueFullException QueueFull(string name) => new(
        $"Queue '{name}' is at its bound: nothing was enqueued. Try again when messages have been completed.")
    {
        ErrorCode = QueueFullCode,
    };

    public static ConcordTransactionException NotCommitted(
        TransactionResult result, Exception? innerException = null) =>
        new(result, innerException)
        {
            ErrorCode = result.Outcome == TransactionOutcome.InDoubt ? InDoubtCode : AbortedCode,
        };
}

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

    public static EngineStoppedException Stopped(string message, Exception? innerException = null) =>
        new(message, innerException) { ErrorCode = StoppedCode };

    public static ConcordTransactionException NotCommitted(
        TransactionResult result, Exception? innerException = null) =>
        new(result, innerException)
        {
            ErrorCode = result.Outcome == TransactionOutcome.InDoubt ? InDoubtCode : AbortedCode,
        };
}

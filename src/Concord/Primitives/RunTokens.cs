namespace Concord.Primitives;

/// <summary>The caller's token, the deadline, and the one that the body gets, which is cancelled with either.</summary>
internal readonly record struct RunTokens(CancellationToken Caller, CancellationToken Deadline, CancellationToken Both)
{
    /// <summary>The deadline has passed and the caller still waits: he is owed a result, not an exception.</summary>
    public bool IsDeadlineOnly => Deadline.IsCancellationRequested && !Caller.IsCancellationRequested;

    /// <summary>The cancellation as the caller knows it: with his token, not with ours.</summary>
    public OperationCanceledException Cancelled(OperationCanceledException exception) =>
        new(exception.Message, exception, Caller);
}

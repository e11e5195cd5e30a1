namespace Concord.Tests;

/// <summary>What an application decides by when a call fails: what became of it, and whether the same call may succeed
/// later.</summary>
public sealed class ErrorTests
{
    private static readonly Fence s_fence = new("lock:l", new(1));

    /// <summary>Each kind of failure.</summary>
    public static TheoryData<ConcordException, OperationOutcome, bool> Failures => new()
    {
        { new OutcomeUnknownException("", new("0001-0000000000000001-1")), OperationOutcome.Unknown, true },
        { new EngineUnavailableException(""), OperationOutcome.Refused, true },
        { new EngineOverloadedException("", TimeSpan.FromSeconds(1)), OperationOutcome.Refused, true },
        { new EngineReadOnlyException(""), OperationOutcome.Refused, true },
        { new EngineStoppedException(""), OperationOutcome.Refused, false },
        { new SessionExpiredException(""), OperationOutcome.Refused, false },
        { new HoldLostException(""), OperationOutcome.Refused, false },
        { new FenceRejectedException("", s_fence, new(2)), OperationOutcome.Refused, false },
        { new QueueFullException(""), OperationOutcome.Refused, true },
        { new GuaranteeNotSupportedException("", Guarantees.FifoWaiting), OperationOutcome.Refused, false },
        { Aborted(TransactionAbortReason.Conflict), OperationOutcome.Refused, true },
        { Aborted(TransactionAbortReason.TimedOut), OperationOutcome.Refused, true },
        { Aborted(TransactionAbortReason.QueueFull), OperationOutcome.Refused, true },
        { Aborted(TransactionAbortReason.BoundViolated), OperationOutcome.Refused, false },
        { Aborted(TransactionAbortReason.FenceRejected), OperationOutcome.Refused, false },
        { new ConcordTransactionException(new(new("t"), TransactionOutcome.InDoubt)), OperationOutcome.Unknown, false },
    };

    [Theory]
    [MemberData(nameof(Failures))]
    public void A_failure_says_what_became_of_the_call_and_whether_it_may_succeed_later(
        ConcordException failure, OperationOutcome outcome, bool isTransient) =>
        Assert.Equal((outcome, isTransient), (failure.Outcome, failure.IsTransient));

    [Fact]
    public void Every_kind_of_failure_is_in_the_table()
    {
        IEnumerable<Type> kinds = typeof(ConcordException).Assembly.GetExportedTypes()
            .Where(static type => type.IsSubclassOf(typeof(ConcordException)));
        Assert.Equal(
            kinds.Select(static type => type.Name).Order(),
            Failures.Select(static row => row.Data.Item1.GetType().Name).Distinct().Order());
    }

    private static ConcordTransactionException Aborted(TransactionAbortReason reason) =>
        new(new(new("t"), TransactionOutcome.Aborted, reason));
}

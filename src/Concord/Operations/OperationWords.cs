using Concord.Engines;

namespace Concord.Operations;

/// <summary>What an operation is to those who call the public API: the words of every message that names one.</summary>
internal static class OperationWords
{
    /// <summary>Begins a sentence; what became of it follows.</summary>
    public static string Of(OperationCode code) => code switch
    {
        OperationCode.RaiseLevel => "Raising the level of the cluster",
        OperationCode.OpenSession => "Opening the session",
        OperationCode.CloseSession => "Closing the session",
        OperationCode.Settle => "The question for an outcome",
        OperationCode.ExpireIdempotency => "Forgetting old idempotency keys",
        OperationCode.SetDirectory => "Changing the members",
        OperationCode.SetValue => "SetAsync of a value",
        OperationCode.TrySetValue => "TrySetAsync of a value",
        OperationCode.DeleteValue => "DeleteAsync of a value",
        OperationCode.AddCounter => "An addition to a counter",
        OperationCode.CompareExchangeCounter => "CompareExchangeAsync of a counter",
        OperationCode.ReserveSequence => "Taking numbers of a sequence",
        OperationCode.Prepare or OperationCode.Decide or OperationCode.Resolve or OperationCode.Forget =>
            "The transaction",
        OperationCode.Acquire => "The request for a hold",
        OperationCode.Release => "The release of a hold",
        OperationCode.ForceRelease => "The forced release of a hold",
        OperationCode.SetLimit => "SetLimitAsync of a semaphore",
        OperationCode.DescribeHolds => "The question who holds it",
        OperationCode.VerifyHold => "VerifyAsync of a hold",
        OperationCode.Enqueue => "Enqueuing",
        OperationCode.Receive => "Receiving a message",
        OperationCode.ReceiveSeveral => "Receiving messages",
        OperationCode.GiveUpSeveral => "Giving up the messages that were asked for",
        OperationCode.CompleteDelivery => "CompleteAsync of a delivery",
        OperationCode.FailDelivery => "FailAsync or DeadLetterAsync of a delivery",
        OperationCode.ExtendDelivery => "ExtendAsync of a delivery",
        OperationCode.ConfigureQueue => "Declaring the queue",
        OperationCode.PurgeQueue => "Purging the queue",
        OperationCode.RedriveQueue => "Redriving the queue",
        OperationCode.DescribeQueue => "DescribeAsync of a queue",
        OperationCode.Wake => "What was due",
        _ => "An operation of a newer version",
    };
}

using Concord.Engines;
using Concord.Operations.Holds;
using Concord.Operations.Queues;

namespace Concord.Operations;

/// <summary>An operation and the level of the shard from which on it may be proposed.</summary>
internal sealed record OperationDefinition(OperationCode Code, OperationBody Body, int SinceLevel);

/// <summary>Every operation that this build knows. A replica that meets another one in the log must halt: to skip it
/// would be to disagree with those who ran it.</summary>
internal static class OperationTable
{
    /// <summary>The level of a shard all of whose replicas run this build.</summary>
    public const int KnownLevel = 4;

    /// <summary>What every build knows: a new cluster begins with it, whether or not all members have been heard
    /// of.</summary>
    public const int FirstLevel = 3;

    private static readonly OperationDefinition?[] s_byCode = Build(
        new(OperationCode.RaiseLevel, RaiseLevel.Run, SinceLevel: 0),
        new(OperationCode.OpenSession, OpenSession.Run, SinceLevel: 1),
        new(OperationCode.CloseSession, CloseSession.Run, SinceLevel: 1),
        new(OperationCode.Settle, SettleRequest.Run, SinceLevel: 1),
        new(OperationCode.ExpireIdempotency, ExpireIdempotency.Run, SinceLevel: 1),
        new(OperationCode.SetDirectory, SetDirectory.Run, SetDirectory.SinceLevel),
        new(OperationCode.SetValue, SetValue.Run, SinceLevel: 1),
        new(OperationCode.TrySetValue, TrySetValue.Run, SinceLevel: 1),
        new(OperationCode.DeleteValue, DeleteValue.Run, SinceLevel: 1),
        new(OperationCode.AddCounter, AddCounter.Run, SinceLevel: 1),
        new(OperationCode.CompareExchangeCounter, CompareExchangeCounter.Run, SinceLevel: 1),
        new(OperationCode.ReserveSequence, ReserveSequence.Run, SinceLevel: 3),
        new(OperationCode.Prepare, PrepareTransaction.Run, SinceLevel: 1),
        new(OperationCode.Decide, DecideTransaction.Run, SinceLevel: 1),
        new(OperationCode.Resolve, ResolveTransactions.Run, SinceLevel: 1),
        new(OperationCode.Forget, ForgetDecisions.Run, SinceLevel: 1),
        new(OperationCode.Acquire, AcquireHold.Run, SinceLevel: 3),
        new(OperationCode.Release, ReleaseHold.Run, SinceLevel: 3),
        new(OperationCode.ForceRelease, ForceRelease.Run, SinceLevel: 3),
        new(OperationCode.SetLimit, SetLimit.Run, SinceLevel: 3),
        new(OperationCode.DescribeHolds, DescribeHolds.Run, SinceLevel: 3),
        new(OperationCode.VerifyHold, VerifyHold.Run, SinceLevel: 3),
        new(OperationCode.Enqueue, EnqueueMessages.Run, SinceLevel: 3),
        new(OperationCode.Receive, ReceiveMessage.Run, SinceLevel: 3),
        new(OperationCode.CompleteDelivery, CompleteDelivery.Run, SinceLevel: 3),
        new(OperationCode.FailDelivery, FailDelivery.Run, SinceLevel: 3),
        new(OperationCode.ExtendDelivery, ExtendDelivery.Run, SinceLevel: 3),
        new(OperationCode.ConfigureQueue, ConfigureQueue.Run, SinceLevel: 3),
        new(OperationCode.PurgeQueue, PurgeQueue.Run, SinceLevel: 3),
        new(OperationCode.RedriveQueue, RedriveQueue.Run, SinceLevel: 3),
        new(OperationCode.DescribeQueue, DescribeQueue.Run, SinceLevel: 3),
        new(OperationCode.ReceiveSeveral, ReceiveSeveral.Run, SinceLevel: 4),
        new(OperationCode.GiveUpSeveral, GiveUpSeveral.Run, SinceLevel: 4),
        new(OperationCode.Wake, WakeRoot.Run, SinceLevel: 3));

    /// <summary>The operation with this code; null if this build does not know it.</summary>
    public static OperationDefinition? Find(OperationCode code) =>
        (int)code < s_byCode.Length ? s_byCode[(int)code] : null;

    private static OperationDefinition?[] Build(params OperationDefinition[] definitions)
    {
        var byCode = new OperationDefinition?[1 + definitions.Max(definition => (int)definition.Code)];
        foreach (OperationDefinition definition in definitions)
        {
            byCode[(int)definition.Code] = definition;
        }

        return byCode;
    }
}

using Concord.Engines;

namespace Concord.Simulation.Nodes.Primitives;

/// <summary>An entry that may have changed a queue.</summary>
/// <param name="Code">What it ran.</param>
/// <param name="Session">Whose it was.</param>
/// <param name="Now">The time of the log then, in milliseconds.</param>
internal readonly record struct QueueEntry(OperationCode Code, SessionId Session, long Now);

/// <summary>What one entry may do to a message that stays in its queue.</summary>
internal static class MessageSteps
{
    public static void Check(
        NodeWorld world, HeldRoot queue, QueueEntry entry, MessageSeen before, MessageSeen now)
    {
        NodeRules.Require(
            before.Order == now.Order && before.Group == now.Group,
            "a-message-keeps-its-place",
            $"{queue}: {before} became {now} by {entry.Code}");
        if (before.IsInFlight && now.IsInFlight && before.Token == now.Token)
        {
            Counted(queue, entry, before, now, delivered: 0, failed: 0);
            return;
        }

        int failed = 0;
        if (before.IsInFlight)
        {
            CheckEnd(queue, entry, before);
            failed = IsGivenBack(entry, before) ? 0 : 1;
            world.Faults.Count(failed == 0 ? FaultKind.DeliveryGivenBack : FaultKind.DeliveryFailed);
        }
        else if (before.Place == MessagePlace.Delayed && now.Place != MessagePlace.Delayed)
        {
            NodeRules.Require(
                before.Due <= entry.Now, "not-before-it-is-due", $"{queue}: {before} came at {entry.Now}");
        }

        Counted(queue, entry, before, now, now.IsInFlight ? 1 : 0, failed);
    }

    /// <summary>A delivery has ended without being completed.</summary>
    public static void CheckEnd(HeldRoot queue, QueueEntry entry, MessageSeen delivery)
    {
        bool isFailed = entry.Code == OperationCode.FailDelivery && entry.Session == delivery.Holder.Session;
        NodeRules.Require(
            isFailed || IsGivenBack(entry, delivery)
                || entry.Code == OperationCode.CloseSession || delivery.Due <= entry.Now,
            "a-delivery-has-its-time",
            $"{queue}: {delivery} was ended by {entry.Code} at {entry.Now}");
    }

    private static bool IsGivenBack(QueueEntry entry, MessageSeen delivery) =>
        entry.Code is OperationCode.Release or OperationCode.GiveUpSeveral
        && entry.Session == delivery.Holder.Session;

    private static void Counted(
        HeldRoot queue, QueueEntry entry, MessageSeen before, MessageSeen now, int delivered, int failed) =>
        NodeRules.Require(
            now.Deliveries == before.Deliveries + delivered && now.Failures == before.Failures + failed,
            "deliveries-and-failures-are-counted",
            $"{queue}: {before} became {now} by {entry.Code}; {delivered} deliveries and {failed} failures more");
}

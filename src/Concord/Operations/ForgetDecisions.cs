using Concord.Encoding;
using Concord.Engines;

namespace Concord.Operations;

/// <summary>Forgets decisions that every participant has carried out. Arguments: gids one behind the other.</summary>
internal static class ForgetDecisions
{
    /// <summary>The most in one entry: within what an operation may touch.</summary>
    public const int TransactionsMax = 60;

    public static void WriteArguments(ByteWriter target, IReadOnlyList<RequestKey> transactions)
    {
        foreach (RequestKey transaction in transactions)
        {
            target.WriteUInt16(transaction.Slot.Value);
            target.WriteUInt64(transaction.Session.Value);
            target.WriteUInt64(transaction.Sequence);
        }
    }

    public static void Run(ref ByteReader arguments, in OperationContext context, IKeyspace keys,
        OperationAnswer answer)
    {
        while (arguments.Remaining > 0)
        {
            DecisionRecord.Delete(keys, PrepareTransaction.TransactionOf(ref arguments));
        }

        Reply.Done(answer, OperationCode.Forget);
    }
}

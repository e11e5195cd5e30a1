using Concord.Encoding;
using Concord.Engines;

namespace Concord.Operations;

/// <summary>Carries out or drops prepared parts whose transactions are decided; many in one entry. What is not prepared
/// here (any more) is passed over, so it may be repeated. Arguments: count, then gid and decision each.</summary>
internal static class ResolveTransactions
{
    public static void WriteArguments(ByteWriter target,
        IReadOnlyList<(RequestKey Transaction, bool Commit)> resolutions)
    {
        target.WriteInt32(resolutions.Count);
        foreach ((RequestKey transaction, bool commit) in resolutions)
        {
            target.WriteUInt16(transaction.Slot.Value);
            target.WriteUInt64(transaction.Session.Value);
            target.WriteUInt64(transaction.Sequence);
            target.WriteByte(commit ? (byte)1 : (byte)0);
        }
    }

    public static (RequestKey Transaction, bool Commit)[] ReadArguments(ref ByteReader reader)
    {
        int count = reader.ReadInt32();
        if (count < 0 || count * (RequestKey.EncodedBytes + 1) != reader.Remaining)
        {
            throw new MalformedDataException($"Malformed data: {count} resolutions in {reader.Remaining} bytes.");
        }

        var resolutions = new (RequestKey, bool)[count];
        for (int i = 0; i < count; i++)
        {
            resolutions[i] = (PrepareTransaction.TransactionOf(ref reader), reader.ReadByte() == 1);
        }

        return resolutions;
    }

    public static void Run(ref ByteReader arguments, in OperationContext context, IKeyspace keys,
        OperationAnswer answer)
    {
        foreach ((RequestKey transaction, bool commit) in ReadArguments(ref arguments))
        {
            Resolve(keys, transaction, commit);
        }

        Reply.Done(answer, OperationCode.Resolve);
    }

    /// <summary>One of them. An engine may let each take effect by itself.</summary>
    public static void Resolve(IKeyspace keys, RequestKey transaction, bool commit)
    {
        if (!PreparedRecord.TryGet(keys, transaction, out PreparedRecord part))
        {
            return;
        }

        // A copy: the writes that follow may move what the record lies in.
        byte[] actions = part.Actions.ToArray();
        if (commit)
        {
            TransactionActions.CarryOut(keys, actions);
        }

        TransactionActions.Release(keys, transaction, actions);
        PreparedRecord.Delete(keys, transaction);
    }
}

using Concord.Engines;
using Concord.Operations.Holds;

namespace Concord.Primitives;

/// <summary>
/// Which token was granted last, asked when a write elsewhere was refused because of its fence: the entry that refused
/// it lies in another slot than what is held, and knows only that it is not held.
/// </summary>
internal static class NewestToken
{
    /// <summary>The newest token of those who hold it now; zero when nobody does, or nobody answers, or it is a queue.
    /// That the write is refused is certain, so this fails nothing.</summary>
    public static async ValueTask<long> OfAsync(
        ConcordClient client, ReadOnlyMemory<byte> root, CancellationToken cancellationToken)
    {
        if (!HoldPolicy.IsNamed(RecordKey.KindOf(root.Span)))
        {
            return 0;
        }

        try
        {
            EngineAnswer answer = await client.Engine.QueryAsync(
                new(
                    RecordKey.SlotOf(root.Span),
                    OperationCode.DescribeHolds,
                    DescribeHolds.Arguments(root.Span),
                    null),
                cancellationToken).ConfigureAwait(false);
            return DescribeHolds.Read(answer).Holders.Select(static holder => holder.Token).DefaultIfEmpty().Max();
        }
        catch (Exception exception) when (exception is ConcordException or OperationCanceledException)
        {
            return 0;
        }
    }
}

using Concord.Engines;
using Concord.Operations;
using Concord.Operations.Holds;

namespace Concord.Primitives;

/// <summary>
/// Which token was granted last, asked when a write elsewhere was refused because of its fence: the entry that refused
/// it lies in another slot than what is held, and knows only that it is not held.
/// </summary>
internal static class NewestToken
{
    /// <summary>The newest token that is known of the root, as <see cref="FenceCheck"/> would say it; zero when nobody
    /// answers, or of a queue. That the write is refused is certain, so this fails nothing.</summary>
    public static async ValueTask<long> OfAsync(
        ConcordClient client, ReadOnlyMemory<byte> root, CancellationToken cancellationToken)
    {
        if (!HoldPolicy.IsNamed(RecordKey.KindOf(root.Span)))
        {
            return 0;
        }

        try
        {
            // The holds first: one that ends meanwhile is found as the last that has ended.
            EngineAnswer answer = await client.Engine.QueryAsync(
                new(
                    RecordKey.SlotOf(root.Span),
                    OperationCode.DescribeHolds,
                    DescribeHolds.Arguments(root.Span),
                    null),
                cancellationToken).ConfigureAwait(false);
            long held = DescribeHolds.Read(answer).Holders.Select(static holder => holder.Token)
                .DefaultIfEmpty().Max();
            EngineRecord record = await client.Engine.ReadAsync(root, cancellationToken).ConfigureAwait(false);
            return Math.Max(held, record.Exists ? HoldRoot.Read(record.Value.Span).LastToken : 0);
        }
        catch (Exception exception) when (exception is ConcordException or OperationCanceledException)
        {
            return 0;
        }
    }
}
